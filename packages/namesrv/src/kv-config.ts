import { dirname } from 'node:path'
import type { Disk, Logger } from '@mq/io'
import { parseFastjson, ProtocolError, writeFastjson } from '@mq/protocol'

/** The namespace that holds the queue numbers of ordered topics. */
export const orderTopicNamespace = 'ORDER_TOPIC_CONFIG'

type Table = ReadonlyMap<string, ReadonlyMap<string, string>>

/**
 * Small settings that tools and brokers leave at the name servers, by namespace and key (`KVConfigManager`, 4.7.1). Kept
 * in one JSON file in Apache's form; without a path, in memory only. A change is on disk before it is seen.
 */
export class KvConfig {
  #table: Table = new Map()

  constructor(
    private readonly disk: Disk,
    private readonly path: string | undefined,
    private readonly logger: Logger,
  ) {}

  /** Reads the file, if there is one. Throws `ProtocolError` `CONFIG` when it holds something else: a change would replace it. */
  load(): void {
    const bytes = this.path === undefined ? undefined : this.disk.readWhole(this.path)
    if (bytes === undefined || bytes.length === 0) return
    try {
      this.#table = readTable(parseFastjson(bytes))
    } catch (cause) {
      throw new ProtocolError(
        'CONFIG',
        `the kv configuration ${this.path} cannot be read: ${(cause as Error).message}; correct it or move it away`,
        { cause },
      )
    }
  }

  /** Entries in all namespaces. */
  get size(): number {
    let count = 0
    for (const entries of this.#table.values()) count += entries.size
    return count
  }

  get(namespace: string, key: string): string | undefined {
    return this.#table.get(namespace)?.get(key)
  }

  /** Undefined for a namespace that never had an entry; one whose last entry was deleted is empty, as in Apache. */
  list(namespace: string): ReadonlyMap<string, string> | undefined {
    return this.#table.get(namespace)
  }

  /** Throws `IoError` when the file cannot be written; nothing has changed then. */
  put(namespace: string, key: string, value: string): void {
    this.#replace(namespace, new Map(this.#table.get(namespace)).set(key, value))
  }

  /** As `put`. An entry that is not there is no error. */
  delete(namespace: string, key: string): void {
    const entries = new Map(this.#table.get(namespace))
    if (entries.delete(key)) this.#replace(namespace, entries)
  }

  #replace(namespace: string, entries: ReadonlyMap<string, string>): void {
    const table = new Map(this.#table).set(namespace, entries)
    if (this.path !== undefined) this.#write(this.path, table)
    this.#table = table
  }

  #write(path: string, configTable: Table): void {
    this.disk.makeDirectory(dirname(path))
    this.disk.replaceWhole(path, Buffer.from(writeFastjson({ configTable })))
    this.logger.debug({ path }, 'kv configuration written')
  }
}

function readTable(document: unknown): Table {
  const { configTable = {} } = objectOf('the document', document) as { configTable?: unknown }
  const table = new Map<string, ReadonlyMap<string, string>>()
  for (const [namespace, entries] of Object.entries(objectOf('configTable', configTable))) {
    const values = Object.entries(objectOf(namespace, entries)).map(([key, value]) => [key, String(value)] as const)
    table.set(namespace, new Map(values))
  }
  return table
}

function objectOf(name: string, value: unknown): object {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  throw new ProtocolError('CONFIG', `${name} is not an object`)
}
