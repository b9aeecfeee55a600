import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Io } from '@mq/io'
import { nodeIo } from '@mq/io/node'
import { simulate, type Simulation } from '@mq/io/sim'
import { recordsIn } from '@mq/protocol'
import type { MessageStore } from '@mq/store'
import { realWorld, type ConformanceWorld } from '@mq/store/conformance'
import {
  createSqliteStore,
  type SqliteDriver,
  type SqliteStoreOptions,
  wasmDriver,
  type WasmModule,
} from '../src/index.js'

export const storeHost = { host: '127.0.0.1', port: 10911 }

export async function wasm(): Promise<SqliteDriver> {
  const module = (await import('node-sqlite3-wasm')) as unknown as { default: WasmModule }
  return wasmDriver(module.default)
}

export function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'mq-sqlite-'))
}

export const removeFolder = (folder: string): void => rmSync(folder, { recursive: true, force: true })

/** The real world, with a folder for each check. */
export function world(): ConformanceWorld {
  const folder = newFolder()
  return realWorld(nodeIo(), folder, () => removeFolder(folder))
}

/** Node's own SQLite, or why there is none. */
export async function nodeSqlite(): Promise<SqliteDriver | string> {
  const name: string = 'node:sqlite'
  try {
    const { DatabaseSync } = (await import(name)) as {
      DatabaseSync: new (path: string) => ReturnType<SqliteDriver['open']>
    }
    return { open: (path) => new DatabaseSync(path) }
  } catch (error) {
    return `Node ${process.version} has no node:sqlite (${(error as Error).message})`
  }
}

export interface Simulated {
  sim: Simulation
  io: Io
  store: MessageStore
}

/** A started store in virtual time, over a database in memory unless `driver` says otherwise. */
export async function simulated(options: Partial<SqliteStoreOptions> = {}): Promise<Simulated> {
  const sim = simulate({ seed: 1 })
  const { io } = sim.host('store')
  const driver = options.driver ?? { open: () => library.open(':memory:') }
  const store = createSqliteStore({ io, directory: '/store', storeHost, ...options, driver })
  await sim.settle(store.start())
  return { sim, io, store }
}

const library = await wasm()

/** Bodies of a queue's messages, as text. */
export async function bodies(store: MessageStore, topic: string, queueId = 0): Promise<string[]> {
  const found: string[] = []
  for (let queueOffset = Math.max(0, store.minOffset(topic, queueId)); ;) {
    const { status, nextOffset, pieces } = await store.get({ topic, queueId, queueOffset, maxMessages: 32 })
    if (status !== 'FOUND') return found
    for (const piece of pieces) for (const { body } of recordsIn(piece)) found.push(body.toString())
    queueOffset = nextOffset
  }
}
