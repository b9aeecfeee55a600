import type { SubscriptionGroupConfig, TopicConfig } from '@mq/protocol'

/** `RW-`: read, write, inherit. */
export const permissionText = (perm: number): string =>
  `${perm & 4 ? 'R' : '-'}${perm & 2 ? 'W' : '-'}${perm & 1 ? 'X' : '-'}`

/** A topic's settings as RocketMQ's tools show them (`TopicConfig.toString`, 4.7.1). */
export function topicConfigText(config: TopicConfig): string {
  return javaText('TopicConfig', {
    topicName: config.topicName,
    readQueueNums: config.readQueueNums,
    writeQueueNums: config.writeQueueNums,
    perm: permissionText(config.perm),
    topicFilterType: config.topicFilterType,
    topicSysFlag: config.topicSysFlag,
    order: config.order,
  })
}

/** A group's settings as RocketMQ's tools show them (`SubscriptionGroupConfig.toString`, 4.7.1). */
export function groupConfigText(config: SubscriptionGroupConfig): string {
  return javaText('SubscriptionGroupConfig', {
    groupName: config.groupName,
    consumeEnable: config.consumeEnable,
    consumeFromMinEnable: config.consumeFromMinEnable,
    consumeBroadcastEnable: config.consumeBroadcastEnable,
    retryQueueNums: config.retryQueueNums,
    retryMaxTimes: config.retryMaxTimes,
    brokerId: config.brokerId,
    whichBrokerWhenConsumeSlowly: config.whichBrokerWhenConsumeSlowly,
    notifyConsumerIdsChangedEnable: config.notifyConsumerIdsChangedEnable,
  })
}

/** `Name [field=value, …]`, in the order given. */
export const javaText = (name: string, fields: Readonly<Record<string, unknown>>): string =>
  `${name} [${fieldsText(fields)}]`

export const fieldsText = (fields: Readonly<Record<string, unknown>>): string =>
  Object.entries(fields)
    .map(([field, value]) => `${field}=${value === undefined ? 'null' : String(value)}`)
    .join(', ')
