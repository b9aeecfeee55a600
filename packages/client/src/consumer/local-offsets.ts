import { parseFastjson, writeFastjson, type MessageQueue } from '@mq/protocol'
import type { Disk } from '@mq/io'
import { queueKey } from '../client-instance/topic-route.js'
import { ClientError } from '../errors.js'
import type { OffsetStore, QueueOffset } from './offset-store.js'

/**
 * A broadcasting consumer's own offsets, in Apache's file and form (`LocalFileOffsetStore`):
 * `<dir>/.rocketmq_offsets/<clientId>/<group>/offsets.json`.
 */
export class LocalOffsets implements OffsetStore {
  readonly path: string
  readonly #directory: string
  #offsets: Map<string, QueueOffset> | undefined

  constructor(
    private readonly disk: Disk,
    directory: string,
    clientId: string,
    group: string,
  ) {
    this.#directory = `${directory}/.rocketmq_offsets/${clientId}/${group}`
    this.path = `${this.#directory}/offsets.json`
  }

  async load(queue: MessageQueue): Promise<number | undefined> {
    return this.#all().get(queueKey(queue))?.offset
  }

  async commit(offsets: readonly QueueOffset[]): Promise<void> {
    if (offsets.length === 0) return
    const all = this.#all()
    for (const one of offsets) all.set(queueKey(one.queue), one)
    const offsetTable = new Map([...all.values()].map(({ queue, offset }) => [queue, offset]))
    this.disk.makeDirectory(this.#directory)
    this.disk.replaceWhole(this.path, Buffer.from(writeFastjson({ offsetTable })))
  }

  #all(): Map<string, QueueOffset> {
    return (this.#offsets ??= this.#read())
  }

  #read(): Map<string, QueueOffset> {
    const bytes = this.disk.readWhole(this.path)
    if (bytes === undefined) return new Map()
    const { offsetTable } = this.#parse(bytes)
    return new Map(
      [...(offsetTable ?? [])].map(([queue, offset]) => [queueKey(queue), { queue, offset: Number(offset) }]),
    )
  }

  #parse(bytes: Uint8Array): { offsetTable?: Map<MessageQueue, number> } {
    try {
      return parseFastjson(bytes) as { offsetTable?: Map<MessageQueue, number> }
    } catch (cause) {
      const problem = `the offsets in ${this.path} cannot be read; correct or remove the file`
      throw new ClientError('BAD_ANSWER', problem, {}, { cause })
    }
  }
}
