import type { Timer } from '@mq/io'
import {
  decodeLockBatchResponseBody,
  encodeLockBatchRequestBody,
  requestCommand,
  RequestCode,
  ResponseCode,
  type MessageQueue,
  type ReceivedCommand,
} from '@mq/protocol'
import type { ClientInstance } from '../client-instance/client-instance.js'
import { addressOf, queueKey } from '../client-instance/topic-route.js'
import { ClientError, fromRemotingError, fromResponse } from '../errors.js'

const renewMs = 20_000
/** A renewal that got no answer is tried again after this. */
const retryMs = 2000
/** Brokers free a lock 60 s after its last renewal: what a handler began in time has half of that to end. */
const lostAfterMs = 30_000

interface Lock {
  readonly queue: MessageQueue
  /** When the request that was granted had been sent, by the clock that no one sets. */
  readonly confirmedMs: number
  /** The same by the wall clock. */
  readonly confirmedAt: number
  readonly expiry: Timer
}

/**
 * Queues that no other member of the group may consume, by leave of their brokers (LOCK_BATCH_MQ): renewed every 20 s and
 * when a broker is back, lost when another member has them, or 30 s after the last confirmation.
 */
export class QueueLocks {
  readonly #locks = new Map<string, Lock>()
  readonly #timer: Timer
  readonly #stopListening: () => void
  #retry: Timer | undefined
  #closed = false

  constructor(
    private readonly instance: ClientInstance,
    private readonly group: string,
    private readonly onLost: (queue: MessageQueue) => void,
  ) {
    this.#timer = instance.io.clock.every(renewMs, () => void this.#renew(() => true))
    this.#stopListening = instance.remoting.onConnection(({ address, state }) => {
      if (state === 'connected') void this.#renew((queue) => this.#address(queue) === address)
    })
  }

  holds(queue: MessageQueue): boolean {
    const lock = this.#locks.get(queueKey(queue))
    return lock !== undefined && this.instance.io.clock.monotonic() - lock.confirmedMs < lostAfterMs
  }

  /** When the lock was confirmed last, ms since the epoch; 0 when there is none. */
  confirmedAt(queue: MessageQueue): number {
    return this.#locks.get(queueKey(queue))?.confirmedAt ?? 0
  }

  /** Locks what can be locked. `failure`: why not all. */
  async acquire(queues: readonly MessageQueue[]): Promise<{ granted: MessageQueue[]; failure: unknown }> {
    const results = await Promise.allSettled(byBroker(queues).map((some) => this.#lock(some)))
    const granted = results.flatMap((one) => (one.status === 'fulfilled' ? one.value : []))
    if (this.#closed) {
      await this.#unlock(granted)
      return { granted: [], failure: undefined }
    }
    const failed = results.find((one): one is PromiseRejectedResult => one.status === 'rejected')
    const failure = failed?.reason ?? (granted.length < queues.length ? this.#heldByOthers(queues, granted) : undefined)
    return { granted, failure }
  }

  /** Lets other members have them. */
  async release(queues: readonly MessageQueue[]): Promise<void> {
    for (const queue of queues) this.#forget(queue)
    await this.#unlock(queues)
  }

  /** Releases everything. */
  async close(): Promise<void> {
    this.#closed = true
    this.#timer.cancel()
    this.#retry?.cancel()
    this.#stopListening()
    await this.release([...this.#locks.values()].map(({ queue }) => queue))
  }

  async #renew(concerns: (queue: MessageQueue) => boolean): Promise<void> {
    const queues = [...this.#locks.values()].map(({ queue }) => queue).filter(concerns)
    await Promise.all(byBroker(queues).map((some) => this.#renewSome(some)))
  }

  /** Queues of one broker. */
  async #renewSome(queues: readonly MessageQueue[]): Promise<void> {
    try {
      const granted = new Set((await this.#lock(queues, true)).map(queueKey))
      for (const queue of queues) if (!granted.has(queueKey(queue))) this.#lose(queue)
    } catch (error) {
      this.instance.logger.warn({ error: (error as Error).message }, `group ${this.group}: locks were not renewed`)
      if (this.#closed) return
      this.#retry?.cancel()
      this.#retry = this.instance.io.clock.after(retryMs, () => void this.#renew(() => true))
    }
  }

  /** Queues of one broker. `renewal`: those that were released meanwhile stay so. Rejects with `ClientError`. */
  async #lock(queues: readonly MessageQueue[], renewal = false): Promise<MessageQueue[]> {
    const { clock } = this.instance.io
    const confirmedMs = clock.monotonic()
    const confirmedAt = clock.now()
    const response = await this.#call(RequestCode.LOCK_BATCH_MQ, queues)
    const locked = new Set(decodeLockBatchResponseBody(response.body ?? new Uint8Array(0)).lockOKMQSet.map(queueKey))
    const granted = queues.filter((queue) => locked.has(queueKey(queue)))
    for (const queue of granted) {
      const key = queueKey(queue)
      if (this.#closed || (renewal && !this.#locks.has(key))) continue
      this.#locks.get(key)?.expiry.cancel()
      const leftMs = Math.max(0, confirmedMs + lostAfterMs - clock.monotonic())
      const expiry = clock.after(leftMs, () => this.#lose(queue))
      this.#locks.set(key, { queue, confirmedMs, confirmedAt, expiry })
    }
    return granted
  }

  async #unlock(queues: readonly MessageQueue[]): Promise<void> {
    const calls = byBroker(queues).map((some) => this.#call(RequestCode.UNLOCK_BATCH_MQ, some))
    for (const one of await Promise.allSettled(calls)) {
      if (one.status === 'fulfilled') continue
      this.instance.logger.warn({ error: String(one.reason) }, `group ${this.group}: locks were not released`)
    }
  }

  #lose(queue: MessageQueue): void {
    if (this.#forget(queue)) this.onLost(queue)
  }

  #forget(queue: MessageQueue): boolean {
    this.#locks.get(queueKey(queue))?.expiry.cancel()
    return this.#locks.delete(queueKey(queue))
  }

  /** Locks live at masters only. */
  #address({ topic, brokerName }: MessageQueue): string | undefined {
    const route = this.instance.routes.known(topic)
    return route && addressOf(route, brokerName)
  }

  async #call(code: number, queues: readonly MessageQueue[]): Promise<ReceivedCommand> {
    const what = `locks of group ${this.group}`
    const { topic, brokerName } = queues[0]!
    const address = this.#address(queues[0]!)
    if (address === undefined)
      throw new ClientError('NO_MASTER', `${what}: broker ${brokerName} has no master`, { topic })
    const body = encodeLockBatchRequestBody({
      consumerGroup: this.group,
      clientId: this.instance.clientId,
      mqSet: [...queues],
    })
    try {
      const request = requestCommand(code, undefined, body)
      const response = await this.instance.remoting.call(address, request, { timeoutMs: 3000 })
      if (response.code !== ResponseCode.SUCCESS) throw fromResponse(response, what, { address, group: this.group })
      return response
    } catch (error) {
      throw fromRemotingError(error, what, { address, group: this.group })
    }
  }

  #heldByOthers(queues: readonly MessageQueue[], granted: readonly MessageQueue[]): ClientError {
    const { topic, brokerName, queueId } = queues.find((queue) => !granted.includes(queue))!
    const problem = `queue ${queueId} of ${topic} on ${brokerName} is still held by another member of group ${this.group}`
    return new ClientError('BUSY', problem, { topic, group: this.group })
  }
}

function byBroker(queues: readonly MessageQueue[]): MessageQueue[][] {
  const brokers = new Map<string, MessageQueue[]>()
  for (const queue of queues) {
    const some = brokers.get(queue.brokerName)
    if (some) some.push(queue)
    else brokers.set(queue.brokerName, [queue])
  }
  return [...brokers.values()]
}
