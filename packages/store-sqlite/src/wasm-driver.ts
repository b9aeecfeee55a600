import type { SqliteDatabase, SqliteDriver, SqliteStatement, SqliteValue } from './driver.js'

/** What is used of node-sqlite3-wasm. */
export interface WasmModule {
  Database: new (path: string) => WasmDatabase
}

interface WasmDatabase {
  exec(sql: string): void
  prepare(sql: string): WasmStatement
  close(): void
}

/** Takes its values as one list. */
interface WasmStatement {
  run(values: SqliteValue[]): unknown
  all(values: SqliteValue[]): unknown[]
  finalize(): void
}

/** A driver of the module node-sqlite3-wasm: SQLite without a native add-on. */
export const wasmDriver = ({ Database }: WasmModule): SqliteDriver => ({
  open: (path) => databaseOf(new Database(path)),
  lockFolder: (path) => `${path}.lock`,
})

const databaseOf = (database: WasmDatabase): SqliteDatabase => ({
  exec: (sql) => database.exec(sql),
  prepare: (sql) => new Recompiled(database, sql),
  close: () => database.close(),
})

/** The library refuses a statement that has failed once: it is compiled anew then. */
class Recompiled implements SqliteStatement {
  #compiled: WasmStatement | undefined

  constructor(
    private readonly database: WasmDatabase,
    private readonly sql: string,
  ) {
    this.#compiled = database.prepare(sql)
  }

  run(...values: SqliteValue[]): unknown {
    return this.#use((statement) => statement.run(values))
  }

  all(...values: SqliteValue[]): unknown[] {
    return this.#use((statement) => statement.all(values))
  }

  #use<T>(use: (statement: WasmStatement) => T): T {
    const statement = (this.#compiled ??= this.database.prepare(this.sql))
    try {
      return use(statement)
    } catch (error) {
      this.finalize()
      throw error
    }
  }

  finalize(): void {
    try {
      this.#compiled?.finalize()
    } catch {
      // It tells once more what the statement failed with.
    }
    this.#compiled = undefined
  }
}
