import type { Disk } from '@mq/io'
import { StoreError } from '@mq/store'
import type { Connection } from '../connection.js'
import type { SqliteDriver } from '../driver.js'
import { fileName, openDatabase } from '../open-database.js'

export interface SqliteToolOptions {
  driver: SqliteDriver
  disk: Disk
  /** The store's folder. */
  directory: string
}

/**
 * Opens the database of a store that nobody uses, for reading only: what a process that was killed has left in SQLite's log is
 * taken into the file first, as any opening does. Throws `StoreError`: `IN_USE` while a process has it, `FORMAT` when there is none.
 */
export function withDatabase<T>({ driver, disk, directory }: SqliteToolOptions, use: (connection: Connection) => T): T {
  const path = `${directory}/${fileName}`
  if (!disk.exists(path))
    throw new StoreError(
      'FORMAT',
      `${directory} is no store in SQLite: there is no ${path}. Give the folder it lies in`,
    )
  const { connection, close } = openDatabase({ driver, disk, directory, level: 'received' })
  try {
    connection.exec('PRAGMA query_only = ON')
    return use(connection)
  } finally {
    close()
  }
}
