export type { SqliteDatabase, SqliteDriver, SqliteStatement, SqliteValue } from './driver.js'
export { findDriver, NoDriverError } from './find-driver.js'
export { createSqliteStore, sqliteEngine, type SqliteStoreOptions } from './sqlite-store.js'
export { wasmDriver, type WasmModule } from './wasm-driver.js'
