import type { Clock, Logger } from '@mq/io'
import { writePrettyFastjson, type DataVersion, type SubscriptionGroupConfig } from '@mq/protocol'
import type { DocumentStore } from '@mq/store'
import { ConfigDocument } from './config-document.js'
import { nextDataVersion } from './data-version.js'
import { asRecord, booleanOr, integerOr } from './loose-json.js'

/** Groups every broker knows from the start (`SubscriptionGroupManager.init`, 4.7.1). */
const systemGroups = [
  'TOOLS_CONSUMER',
  'FILTERSRV_CONSUMER',
  'SELF_TEST_C_GROUP',
  'CID_ONS-HTTP-PROXY',
  'CID_ONSAPI_PULL',
  'CID_ONSAPI_PERMISSION',
  'CID_ONSAPI_OWNER',
]
const systemGroupPrefix = 'CID_RMQ_SYS_'

export const isSystemGroup = (group: string): boolean =>
  group.startsWith(systemGroupPrefix) || systemGroups.includes(group)

/** Consumer groups this broker knows, kept in `subscriptionGroup.json` (`SubscriptionGroupManager`, 4.7.1). */
export class SubscriptionGroups {
  readonly #configs = new Map<string, SubscriptionGroupConfig>()
  readonly #document: ConfigDocument
  readonly #clock: Clock
  #version: DataVersion

  constructor(
    ports: { documents: DocumentStore; clock: Clock; logger: Logger },
    /** May groups come into being by a consumer's heartbeat? Read at each use, it can change at run time. */
    private readonly autoCreate: () => boolean,
  ) {
    this.#clock = ports.clock
    this.#version = { timestamp: ports.clock.now(), counter: 0 }
    this.#document = new ConfigDocument(ports, 'subscriptionGroup.json', () => this.#fileText())
    for (const group of systemGroups) this.#configs.set(group, subscriptionGroupConfig(group))
  }

  get dataVersion(): DataVersion {
    return this.#version
  }

  load(): void {
    const file = asRecord(this.#document.read())
    const version = asRecord(file.dataVersion)
    this.#version = {
      timestamp: integerOr(version.timestamp, this.#version.timestamp),
      counter: integerOr(version.counter, 0),
    }
    for (const [group, value] of Object.entries(asRecord(file.subscriptionGroupTable))) {
      this.#configs.set(group, configFrom(group, asRecord(value)))
    }
  }

  get(group: string): SubscriptionGroupConfig | undefined {
    return this.#configs.get(group)
  }

  /** The group; made with defaults when it is unknown and groups may come into being by themselves. */
  findOrCreate(group: string): SubscriptionGroupConfig | undefined {
    const known = this.#configs.get(group)
    if (known !== undefined || !(this.autoCreate() || isSystemGroup(group))) return known
    const created = subscriptionGroupConfig(group)
    this.put(created)
    return created
  }

  all(): ReadonlyMap<string, SubscriptionGroupConfig> {
    return this.#configs
  }

  put(config: SubscriptionGroupConfig): void {
    this.#configs.set(config.groupName, config)
    this.#changed()
  }

  remove(group: string): boolean {
    const removed = this.#configs.delete(group)
    if (removed) this.#changed()
    return removed
  }

  flush(): void {
    this.#document.flush()
  }

  #changed(): void {
    this.#version = nextDataVersion(this.#version, this.#clock.now())
    this.#document.changed()
  }

  #fileText(): string {
    return writePrettyFastjson({ dataVersion: this.#version, subscriptionGroupTable: this.#configs })
  }
}

/** A group with Apache's defaults (`SubscriptionGroupConfig`). */
export const subscriptionGroupConfig = (groupName: string): SubscriptionGroupConfig => ({
  brokerId: 0,
  consumeBroadcastEnable: true,
  consumeEnable: true,
  consumeFromMinEnable: true,
  groupName,
  notifyConsumerIdsChangedEnable: true,
  retryMaxTimes: 16,
  retryQueueNums: 1,
  whichBrokerWhenConsumeSlowly: 1,
})

function configFrom(group: string, value: Record<string, unknown>): SubscriptionGroupConfig {
  const usual = subscriptionGroupConfig(group)
  return {
    brokerId: integerOr(value.brokerId, usual.brokerId),
    consumeBroadcastEnable: booleanOr(value.consumeBroadcastEnable, usual.consumeBroadcastEnable),
    consumeEnable: booleanOr(value.consumeEnable, usual.consumeEnable),
    consumeFromMinEnable: booleanOr(value.consumeFromMinEnable, usual.consumeFromMinEnable),
    groupName: group,
    notifyConsumerIdsChangedEnable: booleanOr(
      value.notifyConsumerIdsChangedEnable,
      usual.notifyConsumerIdsChangedEnable,
    ),
    retryMaxTimes: integerOr(value.retryMaxTimes, usual.retryMaxTimes),
    retryQueueNums: integerOr(value.retryQueueNums, usual.retryQueueNums),
    whichBrokerWhenConsumeSlowly: integerOr(value.whichBrokerWhenConsumeSlowly, usual.whichBrokerWhenConsumeSlowly),
  }
}
