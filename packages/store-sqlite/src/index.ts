export type { SqliteDatabase, SqliteDriver, SqliteStatement, SqliteValue } from './driver.js'
export { findDriver, NoDriverError } from './find-driver.js'
export { loadEngine } from './load-engine.js'
export { loadTools, type SqliteTools } from './load-tools.js'
export { createSqliteStore, sqliteEngine, type SqliteStoreOptions } from './sqlite-store.js'
export { dumpSqliteStore, type SqliteDumpOptions } from './tools/dump-sqlite-store.js'
export {
  type SqliteFinding,
  type SqliteVerifyOptions,
  type SqliteVerifyResult,
  verifySqliteStore,
} from './tools/verify-sqlite-store.js'
export type { SqliteToolOptions } from './tools/with-database.js'
export { wasmDriver, type WasmModule } from './wasm-driver.js'
