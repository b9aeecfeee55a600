import { StoreError } from '@mq/store'
import { parseDocument } from '@mq/store/engine'
import type { Connection } from '../connection.js'
import { recordProblem } from './record-problem.js'
import { recordRows } from './record-rows.js'
import { type SqliteToolOptions, withDatabase } from './with-database.js'

/** What is wrong in a store, and where: `record 4711`, `queue Orders/0`, `document topics.json`, or the file as a whole. */
export interface SqliteFinding {
  where: string
  problem: string
}

export interface SqliteVerifyOptions extends SqliteToolOptions {
  /** Told of each finding as it is made. */
  onFinding?: (finding: SqliteFinding) => void
}

export interface SqliteVerifyResult {
  records: number
  /** Where the next record goes. */
  end: number
  findings: SqliteFinding[]
}

/** Of a file that is damaged all over, the first will do. */
const integrityFindingsMax = 100

/**
 * Reads a whole store and says what of it is not as it should be: the file by SQLite's own integrity check, records by layout and
 * the checksum of their bodies, and columns, keys and queues by the records. Bits of which there is no second copy and no checksum
 * (properties, born hosts) cannot be told. Throws `StoreError` where the database cannot even be opened.
 */
export function verifySqliteStore(options: SqliteVerifyOptions): SqliteVerifyResult {
  return withDatabase(options, (connection) => new Verification(connection, options.onFinding).run())
}

class Verification {
  readonly #findings: SqliteFinding[] = []
  #records = 0
  /** Behind the last record. */
  #end = 0

  constructor(
    private readonly connection: Connection,
    private readonly onFinding?: (finding: SqliteFinding) => void,
  ) {}

  run(): SqliteVerifyResult {
    for (const part of [this.#readPages, this.#readRecords, this.#readKeys, this.#readQueues, this.#readDocuments])
      this.#asFarAsItGoes(() => part.call(this))
    return { records: this.#records, end: this.#end, findings: this.#findings }
  }

  #tell(where: string, problem: string): void {
    this.#findings.push({ where, problem })
    this.onFinding?.({ where, problem })
  }

  /** Damaged pages end a part, and not the whole. */
  #asFarAsItGoes(read: () => void): void {
    try {
      read()
    } catch (error) {
      if (!(error instanceof StoreError)) throw error
      this.#tell(this.connection.path, error.message)
    }
  }

  #readPages(): void {
    const check = this.connection.prepare<Record<string, string>>(`PRAGMA integrity_check(${integrityFindingsMax})`)
    for (const row of check.all()) {
      const [problem] = Object.values(row)
      if (problem !== 'ok') this.#tell(this.connection.path, problem!)
    }
  }

  #readRecords(): void {
    const keys = this.connection.prepare<{ topic: string; key: string }>(
      'SELECT topic, key FROM keys WHERE position = ?',
    )
    for (const row of recordRows(this.connection)) {
      const problem = recordProblem(row, keys.all(row.position), this.#end)
      if (problem !== undefined) this.#tell(`record ${row.position}`, problem)
      this.#records++
      this.#end = row.position + row.bytes.length
    }
    const [log] = this.connection.prepare<{ end: number }>('SELECT next_position AS end FROM log').all()
    if (!log || log.end < this.#end) this.#tell('log', `it ends at ${log?.end}, and the last record at ${this.#end}`)
    this.#end = Math.max(this.#end, log?.end ?? 0)
  }

  #readKeys(): void {
    const lost = this.connection.prepare<{ topic: string; key: string; position: number }>(
      'SELECT topic, key, position FROM keys WHERE position NOT IN (SELECT position FROM records)',
    )
    for (const { topic, key, position } of lost.all())
      this.#tell(`key ${key} of ${topic}`, `leads to ${position}, where no record is`)
  }

  #readQueues(): void {
    const queues = this.connection.prepare<{
      topic: string
      queueId: number
      next: number
      count: number
      min: number | null
      max: number | null
    }>(
      'SELECT topic, queue_id AS queueId, next_offset AS next, count(position) AS count, min(queue_offset) AS min, ' +
        'max(queue_offset) AS max FROM queues LEFT JOIN records ON queue = queues.id GROUP BY queues.id',
    )
    for (const { topic, queueId, next, count, min, max } of queues.all()) {
      if (min === null || max === null) continue
      const where = `queue ${topic}/${queueId}`
      if (max - min + 1 !== count) this.#tell(where, `has ${count} messages between offsets ${min} and ${max}`)
      if (next !== max + 1) this.#tell(where, `goes on at ${next}, and its last message is ${max}`)
    }
  }

  #readDocuments(): void {
    const documents = this.connection.prepare<{ name: string; text: string }>('SELECT name, text FROM documents')
    for (const { name, text } of documents.all())
      if (parseDocument(text) === undefined) this.#tell(`document ${name}`, 'it cannot be read')
  }
}
