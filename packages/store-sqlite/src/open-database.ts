import type { Disk } from '@mq/io'
import type { AcknowledgementLevel } from '@mq/store'
import { lockFolder } from '@mq/store/engine'
import { Connection } from './connection.js'
import type { SqliteDriver } from './driver.js'

/** The file in a store's folder. */
export const fileName = 'store.sqlite'

export interface DatabasePlace {
  driver: SqliteDriver
  disk: Disk
  /** The store's folder. */
  directory: string
  level: AcknowledgementLevel
}

/** A store's database, of which this process is the only user. */
export interface OpenDatabase {
  connection: Connection
  /** Also when closing the database fails. Throws `StoreError`. */
  close(): void
}

/** Opens the database, made when missing. Throws `StoreError`, with everything closed again. */
export function openDatabase({ driver, disk, directory, level }: DatabasePlace): OpenDatabase {
  const lock = lockFolder(disk, directory)
  try {
    const path = `${directory}/${fileName}`
    // Left behind by a process that was killed: whoever holds the lock of the store's folder is alone.
    const leftBehind = driver.lockFolder?.(path)
    if (leftBehind !== undefined && disk.exists(leftBehind)) disk.removeTree(leftBehind)
    const connection = new Connection(driver, path, level)
    return { connection, close: () => closeBoth(connection, lock) }
  } catch (error) {
    lock.release()
    throw error
  }
}

function closeBoth(connection: Connection, lock: { release(): void }): void {
  try {
    connection.close()
  } finally {
    lock.release()
  }
}
