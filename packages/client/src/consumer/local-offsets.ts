import { parseFastjson, writeFastjson, type MessageQueue } from '@mq/protocol'
import type { Disk, Logger } from '@mq/io'
import { queueKey } from '../client-instance/topic-route.js'
import { ClientError } from '../errors.js'
import type { OffsetStore, QueueOffset } from './offset-store.js'

type Offsets = Map<string, QueueOffset>

/**
 * A broadcasting consumer's own offsets, in Apache's file and form (`LocalFileOffsetStore`, 4.7.1):
 * `<dir>/.rocketmq_offsets/<clientId>/<group>/offsets.json`. Beside it, as `offsets.json.bak`, is what was in it before: read
 * when the file is not there, empty or broken.
 */
export class LocalOffsets implements OffsetStore {
  readonly path: string
  readonly #backupPath: string
  readonly #directory: string
  #offsets: Offsets | undefined
  /** What is in the file, unless it is broken: that must not take the backup's place. */
  #kept: Uint8Array | undefined

  constructor(
    private readonly disk: Disk,
    directory: string,
    clientId: string,
    group: string,
    private readonly logger: Logger,
  ) {
    this.#directory = `${directory}/.rocketmq_offsets/${clientId}/${group}`
    this.path = `${this.#directory}/offsets.json`
    this.#backupPath = `${this.path}.bak`
  }

  async load(queue: MessageQueue): Promise<number | undefined> {
    return this.#all().get(queueKey(queue))?.offset
  }

  async commit(offsets: readonly QueueOffset[]): Promise<void> {
    if (offsets.length === 0) return
    const all = this.#all()
    for (const one of offsets) all.set(queueKey(one.queue), one)
    const offsetTable = new Map([...all.values()].map(({ queue, offset }) => [queue, offset]))
    const bytes = Buffer.from(writeFastjson({ offsetTable }))
    this.disk.makeDirectory(this.#directory)
    if (this.#kept) this.disk.replaceWhole(this.#backupPath, this.#kept)
    this.disk.replaceWhole(this.path, bytes)
    this.#kept = bytes
  }

  #all(): Offsets {
    return (this.#offsets ??= this.#read())
  }

  #read(): Offsets {
    try {
      const bytes = this.#bytesOf(this.path)
      const offsets = bytes && offsetsIn(bytes)
      this.#kept = bytes
      return offsets ?? this.#readBackup()
    } catch (error) {
      const { path } = this
      this.logger.warn({ path, error }, `the offsets in ${path} cannot be read: taking those of ${this.#backupPath}`)
      return this.#readBackup()
    }
  }

  /** Throws `OPTION_INVALID`: to begin anew could mean to leave messages out. */
  #readBackup(): Offsets {
    try {
      const bytes = this.#bytesOf(this.#backupPath)
      return bytes === undefined ? new Map() : offsetsIn(bytes)
    } catch (cause) {
      const problem = `the offsets in ${this.path} and ${this.#backupPath} cannot be read: correct or remove these files`
      throw new ClientError('OPTION_INVALID', problem, {}, { cause })
    }
  }

  /** An empty file is as good as none. */
  #bytesOf(path: string): Uint8Array | undefined {
    const bytes = this.disk.readWhole(path)
    return bytes?.length === 0 ? undefined : bytes
  }
}

/** Throws when they are not of Apache's form. */
function offsetsIn(bytes: Uint8Array): Offsets {
  const { offsetTable = {} } = parseFastjson(bytes) as { offsetTable?: unknown }
  const offsets: Offsets = new Map()
  // Without a queue in it, it looks like any object.
  const entries: Iterable<[unknown, unknown]> = offsetTable instanceof Map ? offsetTable : Object.entries(offsetTable!)
  for (const [key, offset] of entries) {
    const queue = key as MessageQueue
    if (typeof queue !== 'object' || typeof offset !== 'number' || !Number.isSafeInteger(offset))
      throw new TypeError(`${JSON.stringify(key)} has offset ${String(offset)}`)
    offsets.set(queueKey(queue), { queue, offset })
  }
  return offsets
}
