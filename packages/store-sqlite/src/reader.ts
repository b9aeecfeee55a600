import type { ConsumeQueueEntry, GetRequest, GetResult } from '@mq/store'
import { answerGet, type GetLimits, offsetByTime } from '@mq/store/engine'
import type { Messages } from './messages.js'
import type { Queue, Queues } from './queues.js'

/** Entries read at a time: about what a pull takes, more only where a filter refuses much. */
const entriesTogether = 64

/** Answers questions about queues. What is in the database is visible. */
export class Reader {
  constructor(
    private readonly messages: Messages,
    private readonly queues: Queues,
    private readonly limits: GetLimits,
  ) {}

  get(request: GetRequest): GetResult {
    const queue = this.queues.find(request.topic, request.queueId)
    const readable = queue && {
      minOffset: this.queues.minOffset(queue),
      maxOffset: queue.maxOffset,
      entries: (fromOffset: number, count: number) => this.#entries(queue, fromOffset, count),
      record: ({ commitLogOffset }: ConsumeQueueEntry) => this.messages.record(commitLogOffset),
    }
    return answerGet(request, readable, this.limits)
  }

  *#entries(queue: Queue, fromOffset: number, count: number): Generator<ConsumeQueueEntry> {
    const end = fromOffset + count
    for (let from = fromOffset; from < end;) {
      const entries = this.messages.entries(queue, from, Math.min(entriesTogether, end - from))
      yield* entries
      from = entries.length > 0 ? entries.at(-1)!.queueOffset + 1 : end
    }
  }

  offsetByTime(queue: Queue, timestampMs: number): Promise<number> {
    const min = this.queues.minOffset(queue)
    return offsetByTime(min, queue.maxOffset, timestampMs, (offset) => this.messages.storedAt(queue, offset))
  }
}
