import type { MessageQueue } from '@mq/protocol'
import { queueKey } from '../client-instance/topic-route.js'
import { fromRemotingError, type ClientError } from '../errors.js'
import type { OffsetStore, QueueOffset } from './offset-store.js'
import type { QueuePuller } from './queue-puller.js'

/** Commits of a consumer: only what has changed since the last one. */
export class OffsetCommits {
  readonly #committed = new Map<string, number>()

  constructor(
    private readonly store: OffsetStore,
    private readonly group: string,
    private readonly onProblem: (error: ClientError) => void,
  ) {}

  /**
   * The offset committed last; undefined when there is none. Rejects with `ClientError`. It is committed again: for a young
   * queue brokers say 0 though nobody has committed that, and admin tools move no group that has no offset in every queue.
   */
  load(queue: MessageQueue): Promise<number | undefined> {
    return this.store.load(queue)
  }

  /** With `wait`: rejects when it was not taken. Without: failures are told, and made good by the next commit. */
  async commit(pullers: Iterable<QueuePuller>, wait: boolean): Promise<void> {
    const changed: QueueOffset[] = []
    for (const { queue, process } of pullers) {
      const offset = process.commitOffset
      if (this.#committed.get(queueKey(queue)) !== offset) changed.push({ queue, offset })
    }
    await this.put(changed, wait)
  }

  /**
   * The last commit, for good: a pull that was under way carries an older offset, and a broker of several threads may take that
   * in after it. Rejects with `ClientError`.
   */
  async commitLast(pullers: readonly QueuePuller[]): Promise<void> {
    await this.commit(pullers, true)
    const kept = await Promise.all(pullers.map(({ queue }) => this.store.load(queue)))
    const undone = pullers.filter(({ process }, i) => process.commitOffset > (kept[i] ?? 0))
    await this.put(
      undone.map(({ queue, process }) => ({ queue, offset: process.commitOffset })),
      true,
    )
  }

  async put(offsets: readonly QueueOffset[], wait: boolean): Promise<void> {
    if (offsets.length === 0) return
    for (const { queue, offset } of offsets) this.#committed.set(queueKey(queue), offset)
    try {
      await this.store.commit(offsets, wait)
    } catch (error) {
      for (const { queue } of offsets) this.#committed.delete(queueKey(queue))
      const problem = fromRemotingError(error, `commit of group ${this.group}`, { group: this.group })
      if (wait) throw problem
      this.onProblem(problem)
    }
  }
}
