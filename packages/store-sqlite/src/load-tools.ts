import { findDriver } from './find-driver.js'
import { dumpSqliteStore, type SqliteDumpOptions } from './tools/dump-sqlite-store.js'
import { type SqliteVerifyOptions, type SqliteVerifyResult, verifySqliteStore } from './tools/verify-sqlite-store.js'

/** The tools with a SQLite library put in. */
export interface SqliteTools {
  verify(options: Omit<SqliteVerifyOptions, 'driver'>): SqliteVerifyResult
  dump(options: Omit<SqliteDumpOptions, 'driver'>, visit: Parameters<typeof dumpSqliteStore>[1]): void
}

/** What `mq store` calls: the tools with the SQLite library that is there. Rejects with `NoDriverError`. */
export async function loadTools(): Promise<SqliteTools> {
  const driver = await findDriver()
  return {
    verify: (options) => verifySqliteStore({ ...options, driver }),
    dump: (options, visit) => dumpSqliteStore({ ...options, driver }, visit),
  }
}
