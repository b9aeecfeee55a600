import { StoreError } from '@mq/store'
import { type ArrivalListeners, type EngineSettings, type GroupWriter } from '@mq/store/engine'
import type { Connection } from './connection.js'
import type { SqliteDriver } from './driver.js'
import { Documents } from './documents.js'
import { Messages } from './messages.js'
import { fileName, openDatabase, type OpenDatabase } from './open-database.js'
import { type Queue, Queues } from './queues.js'
import { Reader } from './reader.js'
import { Retention } from './retention.js'
import { createWriter } from './writer.js'

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
    private readonly database: OpenDatabase,
    { settings, arrivals }: OpenStoreOptions,
  ) {
    const { connection } = database
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
    refuseFileStore(settings)
    const database = openDatabase({ driver, disk: io.disk, directory, level })
    try {
      const opened = new OpenStore(database, options)
      // Not every library does so for the files it makes.
      io.disk.syncDirectory(directory)
      return opened
    } catch (error) {
      database.close()
      throw error
    }
  }

  get connection(): Connection {
    return this.database.connection
  }

  async close(): Promise<void> {
    await this.writer.close()
    await this.retention.stop()
    this.database.close()
  }
}

/** Where messages lie in RocketMQ's files a database would hide them. */
function refuseFileStore({ io, directory }: EngineSettings): void {
  const isOfFileStore = !io.disk.exists(`${directory}/${fileName}`) && io.disk.list(`${directory}/commitlog`).length > 0
  if (isOfFileStore)
    throw new StoreError(
      'FORMAT',
      `${directory} holds a store in RocketMQ's files (commitlog): open it as such, or use another folder`,
    )
}
