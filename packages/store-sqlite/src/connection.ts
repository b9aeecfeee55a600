import type { AcknowledgementLevel } from '@mq/store'
import type { SqliteDatabase, SqliteDriver, SqliteStatement, SqliteValue } from './driver.js'
import { makeSchema } from './schema.js'
import { asStoreError } from './sqlite-errors.js'

/**
 * The open database. It belongs to this process alone, so it needs no locks per transaction, and its log (WAL) makes a
 * transaction one write and at most one sync.
 */
export class Connection {
  readonly #database: SqliteDatabase
  readonly #statements: SqliteStatement[] = []
  readonly #begin: Statement
  readonly #commit: Statement
  readonly #rollback: Statement

  /** Opens the file, and makes it a store when it is new. Throws `StoreError`. */
  constructor(
    driver: SqliteDriver,
    readonly path: string,
    private readonly level: AcknowledgementLevel,
  ) {
    this.#database = this.#guarded(() => driver.open(path))
    this.#begin = this.prepare('BEGIN IMMEDIATE')
    this.#commit = this.prepare('COMMIT')
    this.#rollback = this.prepare('ROLLBACK')
    try {
      this.exec('PRAGMA busy_timeout = 0')
      this.exec('PRAGMA locking_mode = EXCLUSIVE')
      makeSchema(this)
      this.exec('PRAGMA journal_mode = WAL')
      this.#syncCommits(level === 'flushed')
    } catch (error) {
      this.close()
      throw error
    }
  }

  exec(sql: string): void {
    this.#guarded(() => this.#database.exec(sql))
  }

  prepare<Row = never>(sql: string): Statement<Row> {
    const statement = this.#guarded(() => this.#database.prepare(sql))
    this.#statements.push(statement)
    return {
      run: (...values) => void this.#guarded(() => statement.run(...values)),
      all: (...values) => this.#guarded(() => statement.all(...values)) as Row[],
    }
  }

  /** All that `run` writes, or nothing of it. Throws `StoreError`. */
  transaction(run: () => void): void {
    this.#begin.run()
    try {
      run()
      this.#commit.run()
    } catch (error) {
      this.#rollBack()
      throw error
    }
  }

  /** The same, and it survives a power loss whatever the level. */
  lastingTransaction(run: () => void): void {
    this.#syncCommits(true)
    try {
      this.transaction(run)
    } finally {
      this.#syncCommits(this.level === 'flushed')
    }
  }

  close(): void {
    for (const statement of this.#statements) statement.finalize?.()
    this.#guarded(() => this.#database.close())
  }

  #syncCommits(yes: boolean): void {
    this.exec(`PRAGMA synchronous = ${yes ? 'EXTRA' : 'NORMAL'}`)
  }

  /** After some errors SQLite has rolled back by itself, and says that there is nothing to roll back. */
  #rollBack(): void {
    try {
      this.#rollback.run()
    } catch {
      // The error that led here is the one to tell.
    }
  }

  #guarded<T>(run: () => T): T {
    try {
      return run()
    } catch (error) {
      throw asStoreError(error, this.path)
    }
  }
}

/** A compiled statement; what it throws is a `StoreError`. */
export interface Statement<Row = never> {
  run(...values: SqliteValue[]): void
  all(...values: SqliteValue[]): Row[]
}
