import type { MessageQueue } from '@mq/protocol'

/** Where a group's progress is kept. */
export interface OffsetStore {
  /** The offset to go on from; undefined when there is none yet. */
  load(queue: MessageQueue): Promise<number | undefined>
  /**
   * Keeps offsets. `wait`: until they are kept, for the last time; otherwise they are on their way when it resolves, and a
   * loss is made good by the next commit. Rejects with `ClientError`.
   */
  commit(offsets: readonly QueueOffset[], wait: boolean): Promise<void>
}

export interface QueueOffset {
  queue: MessageQueue
  /** The next to consume. */
  offset: number
}
