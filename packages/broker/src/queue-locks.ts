import type { Clock, Timer } from '@mq/io'
import type { MessageQueue } from '@mq/protocol'

/** A lock that was not renewed this long is free, ms (`rocketmq.broker.rebalance.lockMaxLiveTime`). */
export const lockExpiryMs = 60_000
/** More locks than this are not granted. */
const locksMax = 1_000_000

interface Lock {
  clientId: string
  renewedMs: number
}

/**
 * Which client of a group may consume a queue in order (`RebalanceLockManager`, 4.7.1). In memory: after a restart
 * clients ask again.
 */
export class QueueLocks {
  readonly #groups = new Map<string, Map<string, Lock>>()
  readonly #scan: Timer
  #count = 0

  constructor(private readonly clock: Clock) {
    this.#scan = clock.every(lockExpiryMs, () => this.#dropExpired())
  }

  /** Locks what is free, already the client's, or expired; returns those queues of the ones asked for that it holds now. */
  lock(group: string, clientId: string, queues: readonly MessageQueue[]): MessageQueue[] {
    let locks = this.#groups.get(group)
    if (locks === undefined) this.#groups.set(group, (locks = new Map()))
    return queues.filter((queue) => this.#lockOne(locks, clientId, queue))
  }

  /** Frees those of the queues that the client holds. */
  unlock(group: string, clientId: string, queues: readonly MessageQueue[]): void {
    const locks = this.#groups.get(group)
    if (locks === undefined) return
    for (const queue of queues) {
      const key = keyOf(queue)
      if (locks.get(key)?.clientId === clientId && locks.delete(key)) this.#count--
    }
    if (locks.size === 0) this.#groups.delete(group)
  }

  close(): void {
    this.#scan.cancel()
  }

  #lockOne(locks: Map<string, Lock>, clientId: string, queue: MessageQueue): boolean {
    const key = keyOf(queue)
    const lock = locks.get(key)
    const nowMs = this.clock.monotonic()
    if (lock === undefined) {
      if (this.#count >= locksMax) return false
      this.#count++
      locks.set(key, { clientId, renewedMs: nowMs })
      return true
    }
    if (lock.clientId !== clientId && nowMs - lock.renewedMs <= lockExpiryMs) return false
    lock.clientId = clientId
    lock.renewedMs = nowMs
    return true
  }

  #dropExpired(): void {
    const beforeMs = this.clock.monotonic() - lockExpiryMs
    for (const [group, locks] of this.#groups) {
      for (const [key, lock] of locks) if (lock.renewedMs < beforeMs && locks.delete(key)) this.#count--
      if (locks.size === 0) this.#groups.delete(group)
    }
  }
}

const keyOf = (queue: MessageQueue): string => `${queue.topic}@${queue.brokerName}@${queue.queueId}`
