import { QueueTable } from '@mq/store/engine'
import type { Connection, Statement } from './connection.js'

/** What a queue holds is in the database; this is where its next message goes. */
export interface Queue {
  readonly id: number
  readonly topic: string
  readonly queueId: number
  /** The offset the next message that is appended gets. */
  nextOffset: number
  /** The offset behind the last visible message. */
  maxOffset: number
  /** Of the first message still there; undefined until somebody asks. */
  minOffset: number | undefined
}

interface QueueRow {
  id: number
  topic: string
  queueId: number
  nextOffset: number
}

/** All queues, by topic and id, in memory. */
export class Queues {
  readonly #table = new QueueTable<Queue>((topic, queueId) => ({
    id: this.#nextId++,
    topic,
    queueId,
    nextOffset: 0,
    maxOffset: 0,
    minOffset: 0,
  }))
  readonly #save: Statement
  readonly #dropTopic: Statement
  readonly #firstOffset: Statement<{ offset: number }>
  #nextId = 1

  constructor(connection: Connection) {
    this.#save = connection.prepare(
      'INSERT INTO queues VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET next_offset = excluded.next_offset',
    )
    this.#dropTopic = connection.prepare('DELETE FROM queues WHERE topic = ?')
    this.#firstOffset = connection.prepare(
      'SELECT queue_offset AS offset FROM records WHERE queue = ? ORDER BY queue_offset LIMIT 1',
    )
    const rows = connection.prepare<QueueRow>(
      'SELECT id, topic, queue_id AS queueId, next_offset AS nextOffset FROM queues ORDER BY id',
    )
    for (const row of rows.all()) {
      this.#table.add(row.topic, row.queueId, { ...row, maxOffset: row.nextOffset, minOffset: undefined })
      this.#nextId = row.id + 1
    }
  }

  find(topic: string, queueId: number): Queue | undefined {
    return this.#table.find(topic, queueId)
  }

  open(topic: string, queueId: number): Queue {
    return this.#table.open(topic, queueId)
  }

  /** First offset that can be read; where the next message goes when there is none. */
  minOffset(queue: Queue): number {
    queue.minOffset ??= this.#firstOffset.all(queue.id)[0]?.offset ?? queue.maxOffset
    return queue.minOffset
  }

  /** Part of a transaction. */
  save({ id, topic, queueId, nextOffset }: Queue): void {
    this.#save.run(id, topic, queueId, nextOffset)
  }

  /** Part of a transaction. */
  deleteTopic(topic: string): void {
    this.#dropTopic.run(topic)
  }

  forgetTopic(topic: string): void {
    this.#table.dropTopic(topic)
  }

  /** Messages were deleted: queues may begin later than before. */
  forgetMinOffsets(): void {
    for (const queue of this.#table.all()) queue.minOffset = undefined
  }

  unusedTopics(wanted: ReadonlySet<string>): string[] {
    return this.#table.unusedTopics(wanted)
  }

  ids(): Map<string, number[]> {
    return this.#table.ids()
  }
}
