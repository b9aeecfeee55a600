/** What a SQLite library has to be able to do. Database objects of better-sqlite3 and of node:sqlite are so as they come. */
export interface SqliteDriver {
  /** Opens a database file, making it when missing. */
  open(path: string): SqliteDatabase
  /** A folder by which the library locks the file and which stays when its process is killed. Default: there is none. */
  lockFolder?(path: string): string
}

export interface SqliteDatabase {
  exec(sql: string): unknown
  prepare(sql: string): SqliteStatement
  close(): unknown
}

/** A statement that is compiled once and run often. Values stand for its question marks, in order. */
export interface SqliteStatement {
  run(...values: SqliteValue[]): unknown
  /** Rows as objects, named by column. Integers as numbers, blobs as `Uint8Array`. */
  all(...values: SqliteValue[]): unknown[]
  /** Frees it, where closing the database does not. */
  finalize?(): void
}

export type SqliteValue = number | string | Uint8Array | null
