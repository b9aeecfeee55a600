import { StoreError } from '@mq/store'
import { type ArrivalListeners, type EngineSettings, type GroupWriter, lockFolder } from '@mq/store/engine'
import { Connection } from './connection.js'
import type { SqliteDriver } from './driver.js'
import { Documents } from './documents.js'
import { Messages } from './messages.js'
import { type Queue, Queues } from './queues.js'
import { Reader } from './reader.js'
import { Retention } from './retention.js'
import { createWriter } from './writer.js'

const fileName = 'store.sqlite'

export interface OpenStoreOptions {
  driver: SqliteDriver
  settings: EngineSettings
  arrivals: ArrivalListeners
}

/** What there is of a store while it is open. */
export class OpenStore {
  readonly messages: Messages
  readonly queues: Queues
  readonly documents: Documents
  readonly reader: Reader
  readonly writer: GroupWriter<Queue>
  readonly retention: Retention

  private constructor(
    readonly connection: Connection,
    private readonly lock: { release(): void },
    { settings, arrivals }: OpenStoreOptions,
  ) {
    const { io, config, logger, reservedHours } = settings
    const messages = (this.messages = new Messages(connection))
    const queues = (this.queues = new Queues(connection))
    this.documents = new Documents(connection)
    this.reader = new Reader(messages, queues, {
      messages: config.maxTransferCountOnMessageInMemory,
      bytes: config.maxTransferBytesOnMessageInMemory,
    })
    this.writer = createWriter({ settings, connection, messages, queues, arrivals })
    const { clock } = io
    const intervalMs = config.cleanResourceInterval
    this.retention = new Retention({ clock, logger, connection, messages, queues, reservedHours, intervalMs })
  }

  /** Throws `StoreError`, with everything closed again. */
  static open(options: OpenStoreOptions): OpenStore {
    const { driver, settings } = options
    const { io, directory, level } = settings
    const lock = lockFolder(io.disk, directory)
    let connection: Connection | undefined
    try {
      const path = pathIn(settings)
      // Left behind by a process that was killed: whoever holds the lock of the store's folder is alone.
      const leftBehind = driver.lockFolder?.(path)
      if (leftBehind !== undefined && io.disk.exists(leftBehind)) io.disk.removeTree(leftBehind)
      connection = new Connection(driver, path, level)
      const opened = new OpenStore(connection, lock, options)
      // Not every library does so for the files it makes.
      io.disk.syncDirectory(directory)
      return opened
    } catch (error) {
      connection?.close()
      lock.release()
      throw error
    }
  }

  async close(): Promise<void> {
    await this.writer.close()
    await this.retention.stop()
    try {
      this.connection.close()
    } finally {
      this.lock.release()
    }
  }
}

/** Path of the database. Where messages lie in RocketMQ's files it would hide them. */
function pathIn({ io, directory }: EngineSettings): string {
  const path = `${directory}/${fileName}`
  const isOfFileStore = !io.disk.exists(path) && io.disk.list(`${directory}/commitlog`).length > 0
  if (isOfFileStore)
    throw new StoreError(
      'FORMAT',
      `${directory} holds a store in RocketMQ's files (commitlog): open it as such, or use another folder`,
    )
  return path
}
