import { resolve } from 'node:path'
import { nodeIo } from '@mq/io/node'
import type { MessageRecord } from '@mq/protocol'
import { type DumpOptions, StoreError } from '@mq/store'
import { importSqlite } from '../store-engine.js'

/** What of `loadTools` of @mq/store-sqlite is called here: that package is no dependency of this one. */
export interface SqliteTools {
  verify(options: Place & { onFinding: (finding: SqliteFinding) => void }): SqliteVerifyResult
  dump(options: Place & Omit<DumpOptions, 'disk' | 'directory'>, visit: (record: MessageRecord) => void): void
}

export interface SqliteFinding {
  where: string
  problem: string
}

export interface SqliteVerifyResult {
  records: number
  end: number
  findings: SqliteFinding[]
}

type Place = Pick<DumpOptions, 'disk' | 'directory'>

/** Did the SQLite engine write this folder? */
export const isSqliteStore = (directory: string): boolean => nodeIo().disk.exists(resolve(directory, 'store.sqlite'))

/** Rejects with a sentence when the package, or a SQLite library, is not installed. */
export async function sqliteTools(directory: string): Promise<SqliteTools> {
  const module = await importSqlite(`${directory} holds a store in SQLite, and looking into it`)
  return (module['loadTools'] as () => Promise<SqliteTools>)()
}

/** `mq store repair` has nothing to do there. */
export function refuseRepair(directory: string): never {
  throw new StoreError(
    'FORMAT',
    `${directory} holds a store in SQLite, where nothing is derived that could be made anew: mq store verify says whether ` +
      `it is sound. If not, keep a copy, then save what can be read with: sqlite3 ${directory}/store.sqlite .recover`,
  )
}
