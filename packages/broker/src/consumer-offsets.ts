import type { Clock, Logger } from '@mq/io'
import { writePrettyFastjson } from '@mq/protocol'
import type { DocumentStore } from '@mq/store'
import { ConfigDocument } from './config-document.js'
import { asRecord } from './loose-json.js'

/** More pairs of topic and group than this are refused: any client may commit for any names. */
const pairsMax = 1_000_000
/** Queues a pair may have; no topic has more. */
const queueIdMax = 65_535

/** Offset by queue. */
export type QueueOffsets = Map<number, number>

/** An offset that lay beyond the end of its queue. */
export interface CutBack {
  topic: string
  group: string
  queueId: number
  offset: number
  end: number
}

/**
 * How far each consumer group has come, by `topic@group` and queue, kept in `consumerOffset.json`
 * (`ConsumerOffsetManager`, 4.7.1). An offset is that of the next message to consume.
 */
export class ConsumerOffsets {
  readonly #table = new Map<string, QueueOffsets>()
  readonly #document: ConfigDocument

  constructor(ports: { documents: DocumentStore; clock: Clock; logger: Logger }) {
    this.#document = new ConfigDocument(ports, 'consumerOffset.json', () =>
      writePrettyFastjson({ offsetTable: this.#table }),
    )
  }

  load(): void {
    const table = asRecord(asRecord(this.#document.read()).offsetTable)
    for (const [pair, offsets] of Object.entries(table)) {
      for (const [queueId, offset] of Object.entries(asRecord(offsets)))
        this.#put(pair, Number(queueId), Number(offset))
    }
  }

  /** Undefined when the group has not committed for this queue. */
  get(topic: string, group: string, queueId: number): number | undefined {
    return this.#table.get(`${topic}@${group}`)?.get(queueId)
  }

  /** Offsets by queue; undefined when the group has not committed for this topic. */
  of(topic: string, group: string): ReadonlyMap<number, number> | undefined {
    return this.#table.get(`${topic}@${group}`)
  }

  /** Stores an offset; it may go back, as consumers and admin tools reset it. False when there is no room or no such queue. */
  commit(topic: string, group: string, queueId: number, offset: number): boolean {
    if (queueId < 0 || queueId > queueIdMax || offset < 0) return false
    const pair = `${topic}@${group}`
    // Consumers say where they are every few seconds, moved or not; only news is worth writing the file.
    if (this.#table.get(pair)?.get(queueId) === offset) return true
    const stored = this.#put(pair, queueId, offset)
    if (stored) this.#document.markDirty()
    return stored
  }

  /** By `topic@group`. */
  all(): ReadonlyMap<string, ReadonlyMap<number, number>> {
    return this.#table
  }

  /** Topics a group has committed offsets for. */
  topicsOf(group: string): string[] {
    return this.#names(
      (pairGroup) => pairGroup === group,
      (topic) => topic,
    )
  }

  /** Groups that have committed offsets for a topic. */
  groupsOf(topic: string): string[] {
    return this.#names(
      (_, pairTopic) => pairTopic === topic,
      (_, group) => group,
    )
  }

  /**
   * Moves offsets back that lie beyond the end of their queue; `endOf` knows it, or the topic is not there. Returns what was
   * moved, as it was.
   */
  cutBack(endOf: (topic: string, queueId: number) => number | undefined): CutBack[] {
    const cuts: CutBack[] = []
    for (const [pair, offsets] of this.#table) {
      const topic = pair.slice(0, pair.indexOf('@'))
      for (const [queueId, offset] of offsets) {
        const end = endOf(topic, queueId)
        if (end === undefined || offset <= end) continue
        offsets.set(queueId, end)
        cuts.push({ topic, group: pair.slice(topic.length + 1), queueId, offset, end })
      }
    }
    if (cuts.length > 0) this.#document.markDirty()
    return cuts
  }

  /** Gives a group the offsets of another one, of one topic or of all it knows. */
  clone(fromGroup: string, toGroup: string, topic: string | undefined): void {
    for (const one of topic === undefined ? this.topicsOf(fromGroup) : [topic]) {
      const offsets = this.#table.get(`${one}@${fromGroup}`)
      if (offsets === undefined) continue
      this.#table.set(`${one}@${toGroup}`, new Map(offsets))
      this.#document.markDirty()
    }
  }

  flush(): void {
    this.#document.flush()
  }

  #put(pair: string, queueId: number, offset: number): boolean {
    if (!Number.isSafeInteger(queueId) || !Number.isSafeInteger(offset)) return false
    let offsets = this.#table.get(pair)
    if (offsets === undefined) {
      if (this.#table.size >= pairsMax) return false
      this.#table.set(pair, (offsets = new Map()))
    }
    offsets.set(queueId, offset)
    return true
  }

  #names(wanted: (group: string, topic: string) => boolean, pick: (topic: string, group: string) => string): string[] {
    const names: string[] = []
    for (const pair of this.#table.keys()) {
      // Neither topics nor groups can hold an '@'.
      const at = pair.indexOf('@')
      const topic = pair.slice(0, at)
      const group = pair.slice(at + 1)
      if (wanted(group, topic)) names.push(pick(topic, group))
    }
    return names
  }
}
