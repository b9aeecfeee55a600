import type { SqliteDatabase, SqliteDriver } from './driver.js'
import { type WasmModule, wasmDriver } from './wasm-driver.js'

/** No SQLite library could be loaded; `message` says what to install, and why those that are installed do not work. */
export class NoDriverError extends Error {
  override readonly name = 'NoDriverError'
}

type DatabaseClass = new (path: string) => SqliteDatabase

/** In the order they are tried: the fastest first. */
const libraries: [name: string, toDriver: (module: Record<string, unknown>) => SqliteDriver][] = [
  ['better-sqlite3', (module) => driverOf(module['default'] as DatabaseClass)],
  ['node:sqlite', (module) => driverOf(module['DatabaseSync'] as DatabaseClass)],
  ['node-sqlite3-wasm', (module) => wasmDriver((module['default'] ?? module) as WasmModule)],
]

const driverOf = (Database: DatabaseClass): SqliteDriver => ({ open: (path) => new Database(path) })

/**
 * The first SQLite library that works here: better-sqlite3, Node's own (Node 22.13 or later), node-sqlite3-wasm. Rejects with
 * `NoDriverError`.
 */
export async function findDriver(): Promise<SqliteDriver> {
  const broken: string[] = []
  for (const [name, toDriver] of libraries) {
    try {
      const driver = toDriver((await import(name)) as Record<string, unknown>)
      driver.open(':memory:').close()
      return driver
    } catch (error) {
      if (!isMissing(error)) broken.push(`${name} does not work here (${(error as Error).message})`)
    }
  }
  const why = broken.length === 0 ? 'none is installed' : broken.join('; ')
  throw new NoDriverError(
    `a store in SQLite needs a SQLite library, and ${why}: npm install node-sqlite3-wasm (runs everywhere) ` +
      'or npm install better-sqlite3 (faster, has a native add-on), or use Node 22.13 or later, which has its own',
  )
}

const missing = new Set<unknown>(['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND', 'ERR_UNKNOWN_BUILTIN_MODULE'])

const isMissing = (error: unknown): boolean => missing.has((error as { code?: unknown }).code)
