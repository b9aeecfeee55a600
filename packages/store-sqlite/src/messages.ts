import type { ConsumeQueueEntry } from '@mq/store'
import type { StoredRecord } from '@mq/store/engine'
import type { Connection, Statement } from './connection.js'
import type { Queue } from './queues.js'

interface RecordPlace {
  position: number
  storedAt: number
}

interface LogEnd {
  nextPosition: number
  lastStoredAt: number
}

/** The tables of records, of their keys, and of where the log ends. */
export class Messages {
  readonly #insert: Statement
  readonly #insertKey: Statement
  readonly #saveEnd: Statement
  readonly #end: Statement<LogEnd>
  readonly #record: Statement<{ bytes: Uint8Array }>
  readonly #first: Statement<RecordPlace>
  readonly #last: Statement<RecordPlace>
  readonly #entries: Statement<ConsumeQueueEntry>
  readonly #storedAt: Statement<{ storedAt: number }>
  readonly #byKey: Statement<{ bytes: Uint8Array }>
  readonly #deleteTopicKeys: Statement
  readonly #deleteTopic: Statement

  constructor(connection: Connection) {
    this.#insert = connection.prepare('INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?)')
    this.#insertKey = connection.prepare('INSERT INTO keys VALUES (?, ?, ?)')
    this.#saveEnd = connection.prepare('UPDATE log SET next_position = ?, last_stored_at = ?')
    this.#end = connection.prepare('SELECT next_position AS nextPosition, last_stored_at AS lastStoredAt FROM log')
    this.#record = connection.prepare('SELECT bytes FROM records WHERE position = ?')
    this.#first = connection.prepare(
      'SELECT position, stored_at AS storedAt FROM records WHERE position >= ? ORDER BY position LIMIT 1',
    )
    this.#last = connection.prepare(
      'SELECT position, stored_at AS storedAt FROM records ORDER BY position DESC LIMIT 1',
    )
    this.#entries = connection.prepare(
      'SELECT queue_offset AS queueOffset, position AS commitLogOffset, size, tags_code AS tagsCode FROM records ' +
        'WHERE queue = ? AND queue_offset >= ? ORDER BY queue_offset LIMIT ?',
    )
    this.#storedAt = connection.prepare(
      'SELECT stored_at AS storedAt FROM records WHERE queue = ? AND queue_offset = ?',
    )
    // CROSS JOIN: in that order, from the keys to their records.
    this.#byKey = connection.prepare(
      'SELECT bytes FROM keys CROSS JOIN records USING (position) ' +
        'WHERE topic = ? AND key = ? AND stored_at BETWEEN ? AND ? ORDER BY position DESC LIMIT ?',
    )
    const ofTopic = 'queue IN (SELECT id FROM queues WHERE topic = ?)'
    this.#deleteTopicKeys = connection.prepare(
      `DELETE FROM keys WHERE position IN (SELECT position FROM records WHERE ${ofTopic})`,
    )
    this.#deleteTopic = connection.prepare(`DELETE FROM records WHERE ${ofTopic}`)
  }

  /** Part of a transaction. */
  insert(stored: StoredRecord<Queue>, keys: readonly string[]): void {
    const { queue, queueOffset, commitLogOffset, tagsCode, storeTimestamp, record, topic } = stored
    this.#insert.run(commitLogOffset, queue?.id ?? null, queueOffset, tagsCode, storeTimestamp, record.length, record)
    for (const key of keys) this.#insertKey.run(topic, key, commitLogOffset)
  }

  /** Part of a transaction. */
  saveEnd({ endOffset, storeTimestamp }: StoredRecord<Queue>): void {
    this.#saveEnd.run(endOffset, storeTimestamp)
  }

  /** Where the next record goes, and the latest store time, also when the records are gone. */
  end(): LogEnd {
    return this.#end.all()[0]!
  }

  record(position: number): Uint8Array | undefined {
    return this.#record.all(position)[0]?.bytes
  }

  /** The first record that begins at a position or behind it. */
  firstFrom(position: number): RecordPlace | undefined {
    return this.#first.all(position)[0]
  }

  last(): RecordPlace | undefined {
    return this.#last.all()[0]
  }

  entries(queue: Queue, fromOffset: number, count: number): ConsumeQueueEntry[] {
    return this.#entries.all(queue.id, fromOffset, count)
  }

  /** Store time of a message, ms; -1 when there is none. */
  storedAt(queue: Queue, queueOffset: number): number {
    return this.#storedAt.all(queue.id, queueOffset)[0]?.storedAt ?? -1
  }

  /** Records with a key, the newest, in the order of the log. */
  byKey(topic: string, key: string, beginMs: number, endMs: number, count: number): Uint8Array[] {
    const newestFirst = this.#byKey.all(topic, key, beginMs, endMs, count)
    return newestFirst.map(({ bytes }) => bytes).reverse()
  }

  /** Part of a transaction; before the topic's queues go. */
  deleteTopic(topic: string): void {
    this.#deleteTopicKeys.run(topic)
    this.#deleteTopic.run(topic)
  }
}
