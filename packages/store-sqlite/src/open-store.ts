import { parseDelayLevels } from '@mq/protocol'
import { type EngineOptions, type StoreConfig, StoreError } from '@mq/store'
import { type ArrivalListeners, lockFolder, RecordEncoder } from '@mq/store/engine'
import type { Logger } from '@mq/io'
import { Connection } from './connection.js'
import type { SqliteDriver } from './driver.js'
import { Documents } from './documents.js'
import { Messages } from './messages.js'
import { Queues } from './queues.js'
import { Reader } from './reader.js'
import { Retention } from './retention.js'
import { Writer } from './writer.js'

const fileName = 'store.sqlite'

export interface OpenStoreOptions extends Pick<EngineOptions, 'io' | 'directory' | 'storeHost'> {
  driver: SqliteDriver
  config: StoreConfig
  logger: Logger
  reservedHours: () => number
  arrivals: ArrivalListeners
}

/** What there is of a store while it is open. */
export class OpenStore {
  readonly messages: Messages
  readonly queues: Queues
  readonly documents: Documents
  readonly reader: Reader
  readonly writer: Writer
  readonly retention: Retention

  private constructor(
    readonly connection: Connection,
    private readonly lock: { release(): void },
    options: OpenStoreOptions,
  ) {
    const { io, config, logger, storeHost, reservedHours, arrivals } = options
    const { clock } = io
    const messages = (this.messages = new Messages(connection))
    const queues = (this.queues = new Queues(connection))
    this.documents = new Documents(connection)
    this.reader = new Reader(messages, queues, {
      messages: config.maxTransferCountOnMessageInMemory,
      bytes: config.maxTransferBytesOnMessageInMemory,
    })
    const encoder = new RecordEncoder({
      storeHost,
      recordBytesMax: config.maxMessageSize,
      delaysMs: parseDelayLevels(config.messageDelayLevel),
    })
    const shared = { clock, logger, connection, messages, queues }
    this.writer = new Writer({ ...shared, encoder, storeHost, arrivals, keepsKeys: config.messageIndexEnable })
    this.retention = new Retention({ ...shared, reservedHours, intervalMs: config.cleanResourceInterval })
  }

  /** Throws `StoreError`, with everything closed again. */
  static open(options: OpenStoreOptions): OpenStore {
    const { io, directory, driver, config } = options
    const lock = lockFolder(io.disk, directory)
    let connection: Connection | undefined
    try {
      const path = pathIn(options)
      // Left behind by a process that was killed: whoever holds the lock of the store's folder is alone.
      const leftBehind = driver.lockFolder?.(path)
      if (leftBehind !== undefined && io.disk.exists(leftBehind)) io.disk.removeTree(leftBehind)
      connection = new Connection(driver, path, config.flushDiskType === 'SYNC_FLUSH' ? 'flushed' : 'received')
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
    this.writer.close()
    await this.retention.stop()
    try {
      this.connection.close()
    } finally {
      this.lock.release()
    }
  }
}

/** Path of the database. Where messages lie in RocketMQ's files it would hide them. */
function pathIn({ io, directory }: OpenStoreOptions): string {
  const path = `${directory}/${fileName}`
  const isOfFileStore = !io.disk.exists(path) && io.disk.list(`${directory}/commitlog`).length > 0
  if (isOfFileStore)
    throw new StoreError(
      'FORMAT',
      `${directory} holds a store in RocketMQ's files (commitlog): open it as such, or use another folder`,
    )
  return path
}
