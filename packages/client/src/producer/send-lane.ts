import type { MessageQueue } from '@mq/protocol'
import type { TopicRoute } from '../client-instance/topic-route.js'
import { ClientError, fromRemotingError } from '../errors.js'
import { FrameSender, type LaneContext } from './frame-sender.js'
import { Gathering } from './gathering.js'
import type { PendingSend } from './pending-send.js'
import { batchFrame, singleFrame, type SendFrame } from './send-frame.js'

export interface LaneOptions {
  /** Its name among the producer's lanes. */
  readonly key: string
  readonly topic: string
  readonly timeoutMs: number
  /** Set for a lane to one queue, which keeps the order of its messages. */
  readonly queue: MessageQueue | undefined
  /** Called when nothing waits and nothing is under way. */
  readonly onIdle: (lane: SendLane) => void
}

/**
 * The way of messages to one topic, or to one queue of it. With nothing under way a message leaves at the end of the turn
 * in which it was sent; what is sent while frames are under way gathers, and leaves together.
 */
export class SendLane {
  readonly key: string
  readonly #gathering: Gathering
  readonly #sender: FrameSender
  #flushPlanned = false
  /** Those who wait for the topic's route. */
  #routing = 0
  readonly #flush = () => this.#flushNow()

  constructor(
    private readonly context: LaneContext,
    private readonly options: LaneOptions,
  ) {
    this.key = options.key
    this.#gathering = new Gathering(context.settings, (pending) => this.#expire(pending), options.timeoutMs)
    this.#sender = new FrameSender(context, options, () => this.#onRoom())
  }

  add(pending: PendingSend): void {
    this.#gathering.add(pending)
    if (!this.#flushPlanned) this.#planFlush()
  }

  /** Sends these as one batch to one queue, not mixed with others. */
  addBatch(members: readonly PendingSend[]): void {
    const frame = batchFrame(members, this.context.instance.uniqueKeys, this.#deadlineOf(members[0]!))
    this.#whenRouted(
      (route) => this.#sender.sendAnywhere(frame, route),
      (error) => members.forEach((member) => member.reject(error)),
    )
  }

  /** Rejects what has not left. */
  rejectAll(error: ClientError): void {
    for (const pending of this.#gathering.takeAll()) pending.reject(error)
  }

  #planFlush(): void {
    this.#flushPlanned = true
    const { linger } = this.context.settings
    const { clock } = this.context.instance.io
    if (linger > 0) clock.after(linger, this.#flush)
    else clock.endOfTurn(this.#flush)
  }

  #flushNow(): void {
    this.#flushPlanned = false
    if (this.#gathering.isEmpty) return this.#tellIfIdle()
    const route = this.context.instance.routes.known(this.options.topic)
    if (route === undefined || route.writeQueues.length === 0) return this.#flushWhenRouted()
    while (!this.#gathering.isEmpty) {
      const queue = this.#sender.freeQueue(route, this.#gathering.headIsSingle)
      if (queue === undefined) return
      const frame = this.#nextFrame()
      if (frame) this.#sender.send(frame, queue, route)
    }
  }

  #flushWhenRouted(): void {
    if (this.#routing > 0) return
    this.#whenRouted(this.#flush, (error) => this.rejectAll(error))
  }

  #whenRouted(run: (route: TopicRoute) => void, fail: (error: ClientError) => void): void {
    const { topic, timeoutMs } = this.options
    this.#routing++
    this.context.instance.routes.forSending(topic, { timeoutMs }).then(
      (route) => {
        this.#routing--
        run(route)
      },
      (error) => {
        this.#routing--
        fail(fromRemotingError(error, `send to ${topic}`, { topic }))
        this.#tellIfIdle()
      },
    )
  }

  #nextFrame(): SendFrame | undefined {
    const { instance, settings } = this.context
    const members = this.#gathering.take(instance.io.clock.monotonic())
    if (members === undefined) return undefined
    const deadlineMs = this.#deadlineOf(members[0]!)
    return members.length > 1
      ? batchFrame(members, instance.uniqueKeys, deadlineMs)
      : singleFrame(members[0]!, instance.uniqueKeys, settings, deadlineMs)
  }

  #deadlineOf(pending: PendingSend): number {
    return pending.startedMs + this.options.timeoutMs
  }

  #expire(pending: PendingSend): void {
    const { topic, timeoutMs } = this.options
    const problem = `send to ${topic}: ${timeoutMs} ms were over while earlier messages waited for their answer`
    pending.reject(new ClientError('TIMEOUT', problem, { topic, elapsedMs: timeoutMs, attempts: 0 }))
  }

  #onRoom(): void {
    if (this.#flushPlanned) return
    if (this.#gathering.isEmpty) this.#tellIfIdle()
    else this.#planFlush()
  }

  #tellIfIdle(): void {
    const busy = this.#flushPlanned || this.#routing > 0 || !this.#gathering.isEmpty || !this.#sender.isIdle
    if (!busy) this.options.onIdle(this)
  }
}
