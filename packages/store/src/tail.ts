import { type MessageRecord, recordsIn } from '@mq/protocol'
import type { MessageStore } from './message-store.js'

export interface TailRequest {
  topic: string
  queueId: number
  /** Queue offset to begin with; one that is not reached yet is waited for. Default: the next message. */
  from?: number
  /** Ends the iteration, also while it waits. A store that closes does not: nothing more comes then. */
  signal?: AbortSignal
  /** Records read at a time, which is what is held in memory beside what you hold. Default 32. */
  batch?: number
}

/**
 * The messages of a queue from an offset on, then those that come, as they become visible; woken by arrivals, without
 * polling. Bodies are as stored: compressed where the sender compressed them. Where retention overtakes a slow reader it
 * goes on with the first message still there, as `queueOffset` shows.
 */
export async function* tail(store: MessageStore, request: TailRequest): AsyncGenerator<MessageRecord, void, undefined> {
  const { topic, queueId, signal, batch = 32 } = request
  const wakeUp = new WakeUp(signal)
  const stop = store.onArrival((arrivals) => {
    if (arrivals.some((arrival) => arrival.topic === topic && arrival.queueId === queueId)) wakeUp.now()
  })
  try {
    let offset = request.from ?? store.maxOffset(topic, queueId)
    while (!signal?.aborted) {
      wakeUp.reset()
      const { status, nextOffset, pieces } = await store.get({
        topic,
        queueId,
        queueOffset: offset,
        maxMessages: batch,
      })
      for (const piece of pieces) {
        for (const record of recordsIn(piece)) {
          if (signal?.aborted) return
          yield record
        }
      }
      const isAtEnd = status === 'NO_MESSAGE_IN_QUEUE' || status.startsWith('OFFSET_OVERFLOW')
      if (isAtEnd || nextOffset === offset) await wakeUp.wait()
      else offset = nextOffset
    }
  } finally {
    stop()
    wakeUp.end()
  }
}

/** Waits for a call of `now`, also one that came since `reset`, or for the signal. */
class WakeUp {
  #isDue = false
  #resolve: (() => void) | undefined
  readonly #now = () => this.now()

  constructor(private readonly signal: AbortSignal | undefined) {
    signal?.addEventListener('abort', this.#now)
  }

  reset(): void {
    this.#isDue = false
  }

  now(): void {
    this.#isDue = true
    this.#resolve?.()
  }

  async wait(): Promise<void> {
    if (this.#isDue || this.signal?.aborted) return
    await new Promise<void>((resolve) => (this.#resolve = resolve))
    this.#resolve = undefined
  }

  end(): void {
    this.signal?.removeEventListener('abort', this.#now)
  }
}
