import { MessageProperty } from '@mq/protocol'
import type { ClientInstance } from '../client-instance/client-instance.js'
import { within } from '../within.js'
import { aborted, ClientError } from '../errors.js'
import type { Envelope } from '../producer/envelope.js'
import type { LaneContext } from '../producer/frame-sender.js'
import { routeInTime } from '../producer/route-in-time.js'
import type { Message } from '../producer/message.js'
import type { SendOptions } from '../producer/producer-options.js'
import type { SendResult } from '../producer/send-result.js'
import type { ReceivedMessage } from '../received-message.js'
import { replyTopic } from './reply.js'

export type RequestOptions = SendOptions

type Deliver = (message: Message, options: SendOptions, envelope: Envelope) => Promise<SendResult>

/** Requests of one producer that wait for their reply. */
export class Requests {
  readonly #waiting = new Map<string, (error: ClientError) => void>()
  /** Topics whose brokers know this client, so that they can push a reply to it. */
  readonly #announced = new Set<string>()

  constructor(
    private readonly context: LaneContext,
    private readonly deliver: Deliver,
  ) {}

  /** `brokerTopic`: the topic with its namespace. */
  async request(message: Message, brokerTopic: string, options: RequestOptions): Promise<ReceivedMessage> {
    const { instance, settings } = this.context
    const { topic } = message
    const timeoutMs = options.timeout ?? settings.timeout
    const endMs = instance.io.clock.monotonic() + timeoutMs
    if (this.#waiting.size >= settings.pendingMessagesMax)
      throw new ClientError('TOO_MANY_REQUESTS', `${this.#waiting.size} requests wait for their reply`, { topic })
    await this.#announce(brokerTopic, endMs, options.signal)
    if (instance.io.clock.monotonic() >= endMs) throw noReply(instance, topic, timeoutMs)
    const correlationId = instance.uniqueKeys.next()
    const reply = this.#reply(correlationId, topic, timeoutMs, endMs, options.signal)
    const properties = {
      [MessageProperty.CORRELATION_ID]: correlationId,
      [MessageProperty.REPLY_TO_CLIENT]: instance.clientId,
      [MessageProperty.TTL]: String(timeoutMs),
    }
    const timeout = Math.max(1, endMs - instance.io.clock.monotonic())
    // Alone: 4.7.1 notes the cluster, which the replier needs, on no message of a batch.
    this.deliver(message, { ...options, timeout }, { properties, alone: true }).catch((error: ClientError) =>
      this.#waiting.get(correlationId)?.(error),
    )
    return reply
  }

  close(): void {
    const error = new ClientError('CLOSED', 'the producer was closed before the reply came')
    for (const fail of [...this.#waiting.values()]) fail(error)
  }

  /** A reply is pushed by the broker that takes it, which may be any of the cluster that has the reply topic. */
  async #announce(topic: string, endMs: number, signal: AbortSignal | undefined): Promise<void> {
    if (this.#announced.has(topic)) return
    const { instance } = this.context
    const { routes, heartbeats, io } = instance
    const leftMs = () => Math.max(1, endMs - io.clock.monotonic())
    const { clusters } = await routeInTime(instance, topic, { timeoutMs: leftMs(), signal })
    // A 4.x broker always has this topic; where it is missing, the broker of the request is the one to push.
    const replyRoutes = [...clusters].map((cluster) =>
      routes.forReading(replyTopic(cluster), { timeoutMs: leftMs(), signal }),
    )
    await within(io.clock, leftMs(), Promise.allSettled(replyRoutes))
    // One that cannot be told now is told when it is up, and until then it can push no reply: no reason to wait for it for long.
    await within(io.clock, leftMs() / 2, heartbeats.toAll())
    this.#announced.add(topic)
  }

  #reply(
    correlationId: string,
    topic: string,
    timeoutMs: number,
    endMs: number,
    signal: AbortSignal | undefined,
  ): Promise<ReceivedMessage> {
    const { instance } = this.context
    return new Promise((resolve, reject) => {
      const end = () => {
        timer.cancel()
        signal?.removeEventListener('abort', abort)
        this.#waiting.delete(correlationId)
        instance.replies.delete(correlationId)
      }
      const fail = (error: ClientError) => {
        end()
        reject(error)
      }
      const abort = () => fail(aborted(`request to ${topic}`, signal!))
      const timer = instance.io.clock.after(Math.max(0, endMs - instance.io.clock.monotonic()), () =>
        fail(noReply(instance, topic, timeoutMs)),
      )
      signal?.addEventListener('abort', abort, { once: true })
      this.#waiting.set(correlationId, fail)
      instance.replies.set(correlationId, (reply) => {
        end()
        resolve(reply)
      })
      if (signal?.aborted) abort()
    })
  }
}

const noReply = (instance: ClientInstance, topic: string, timeoutMs: number): ClientError =>
  new ClientError('NO_REPLY', `request to ${topic}: nobody replied to ${instance.clientId} in ${timeoutMs} ms`, {
    topic,
    elapsedMs: timeoutMs,
  })
