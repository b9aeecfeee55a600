import type { Disk, Logger } from '@mq/io'
import { parseFastjson, writePrettyFastjson } from '@mq/protocol'

/** The namespace that holds the queue numbers of ordered topics. */
export const orderTopicNamespace = 'ORDER_TOPIC_CONFIG'

/**
 * Small settings that tools and brokers leave at the name servers, by namespace and key (`KVConfigManager`, 4.7.1). Kept
 * in one JSON file in Apache's form; without a path, in memory only.
 */
export class KvConfig {
  readonly #table = new Map<string, Map<string, string>>()

  constructor(
    private readonly disk: Disk,
    private readonly path: string | undefined,
    private readonly logger: Logger,
  ) {}

  /** Reads the file. One that cannot be read is left alone and logged: the next change would replace it, so none is taken. */
  load(): void {
    const bytes = this.path === undefined ? undefined : this.disk.readWhole(this.path)
    if (bytes === undefined || bytes.length === 0) return
    const { configTable } = parseFastjson(bytes) as { configTable?: Record<string, Record<string, unknown>> }
    for (const [namespace, entries] of Object.entries(configTable ?? {})) {
      this.#table.set(namespace, new Map(Object.entries(entries).map(([key, value]) => [key, String(value)])))
    }
  }

  get(namespace: string, key: string): string | undefined {
    return this.#table.get(namespace)?.get(key)
  }

  list(namespace: string): ReadonlyMap<string, string> | undefined {
    return this.#table.get(namespace)
  }

  put(namespace: string, key: string, value: string): void {
    const entries = this.#table.get(namespace) ?? new Map<string, string>()
    this.#table.set(namespace, entries.set(key, value))
    this.#persist()
  }

  delete(namespace: string, key: string): void {
    if (this.#table.get(namespace)?.delete(key)) this.#persist()
  }

  #persist(): void {
    if (this.path === undefined) return
    const configTable = Object.fromEntries(
      [...this.#table].map(([name, entries]) => [name, Object.fromEntries(entries)]),
    )
    this.disk.makeDirectory(this.path.slice(0, Math.max(1, this.path.lastIndexOf('/'))))
    this.disk.replaceWhole(this.path, Buffer.from(writePrettyFastjson({ configTable })))
    this.logger.debug({ path: this.path }, 'kv configuration written')
  }
}
