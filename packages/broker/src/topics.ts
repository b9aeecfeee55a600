import type { Clock, Logger } from '@mq/io'
import { checkTopicName, TopicPermission, writePrettyFastjson, type DataVersion, type TopicConfig } from '@mq/protocol'
import type { DocumentStore } from '@mq/store'
import { ConfigDocument } from './config-document.js'
import { nextDataVersion } from './data-version.js'
import { asRecord, integerOr, textOr } from './loose-json.js'

/** Topics this broker has, kept in `topics.json` (`TopicConfigManager`, 4.7.1). */
export class Topics {
  readonly #configs = new Map<string, TopicConfig>()
  readonly #document: ConfigDocument
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #listeners = new Set<(topic: string) => void>()
  #version: DataVersion

  constructor(ports: { documents: DocumentStore; clock: Clock; logger: Logger }) {
    this.#clock = ports.clock
    this.#logger = ports.logger
    this.#version = { timestamp: ports.clock.now(), counter: 0 }
    this.#document = new ConfigDocument(ports, 'topics.json', () => this.#fileText())
  }

  get dataVersion(): DataVersion {
    return this.#version
  }

  /** Reads what was stored; topics whose name is none are left out. */
  load(): void {
    const file = asRecord(this.#document.read())
    const version = asRecord(file.dataVersion)
    this.#version = {
      timestamp: integerOr(version.timestamp, this.#version.timestamp),
      counter: integerOr(version.counter, 0),
    }
    for (const [topic, value] of Object.entries(asRecord(file.topicConfigTable))) {
      const problem = checkTopicName(topic)
      if (problem === undefined) this.#configs.set(topic, topicConfigFrom(topic, asRecord(value)))
      else this.#logger.warn({ topic: topic.slice(0, 255) }, `topics.json has a topic that is none: ${problem}`)
    }
  }

  get(topic: string): TopicConfig | undefined {
    return this.#configs.get(topic)
  }

  all(): ReadonlyMap<string, TopicConfig> {
    return this.#configs
  }

  put(config: TopicConfig): void {
    this.#configs.set(config.topicName, config)
    this.#changed(config.topicName)
  }

  /** Puts a topic of the broker's own at start, unless it is there: that is no change name servers have to hear of. */
  putInitial(config: TopicConfig): void {
    if (!this.#configs.has(config.topicName)) this.#configs.set(config.topicName, config)
  }

  /** False when there is no such topic. */
  remove(topic: string): boolean {
    const removed = this.#configs.delete(topic)
    if (removed) this.#changed(topic)
    return removed
  }

  /** Marks exactly the topics given as ordered: a name server told so in its answer to a registration. */
  setOrdered(ordered: ReadonlySet<string>): void {
    for (const config of this.#configs.values()) {
      const order = ordered.has(config.topicName)
      if (config.order !== order) this.put({ ...config, order })
    }
  }

  /** What name servers are told of all topics is about to change: they take nothing in that has the same version. */
  renewVersion(): void {
    this.#version = nextDataVersion(this.#version, this.#clock.now())
    this.#document.changed()
  }

  /** Told of each topic that was put or removed. Returns the way to stop it. */
  onChange(listener: (topic: string) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  flush(): void {
    this.#document.flush()
  }

  #changed(topic: string): void {
    this.renewVersion()
    for (const listener of this.#listeners) listener(topic)
  }

  #fileText(): string {
    return writePrettyFastjson({ dataVersion: this.#version, topicConfigTable: this.#configs })
  }
}

/** A topic with Apache's defaults (`TopicConfig`). */
export function topicConfig(topicName: string, queues: number, perm: number, topicSysFlag = 0): TopicConfig {
  return {
    topicName,
    readQueueNums: queues,
    writeQueueNums: queues,
    perm,
    topicFilterType: 'SINGLE_TAG',
    topicSysFlag,
    order: false,
  }
}

function topicConfigFrom(topicName: string, value: Record<string, unknown>): TopicConfig {
  return {
    topicName,
    readQueueNums: integerOr(value.readQueueNums, 16),
    writeQueueNums: integerOr(value.writeQueueNums, 16),
    perm: integerOr(value.perm, readWrite),
    topicFilterType: textOr(value.topicFilterType, 'SINGLE_TAG'),
    topicSysFlag: integerOr(value.topicSysFlag, 0),
    order: value.order === true,
  }
}

export const readWrite = TopicPermission.READ | TopicPermission.WRITE
export const isReadable = (perm: number): boolean => (perm & TopicPermission.READ) !== 0
export const isWritable = (perm: number): boolean => (perm & TopicPermission.WRITE) !== 0
export const isInherited = (perm: number): boolean => (perm & TopicPermission.INHERIT) !== 0
