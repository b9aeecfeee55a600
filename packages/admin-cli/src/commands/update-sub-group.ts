import type { SubscriptionGroupConfig } from '@mq/protocol'
import { defineCommand } from '../command.js'
import { lines } from '../layout.js'
import { integer, required, text, trueOrFalse, withDefault } from '../options.js'
import { target, whereOf } from '../target.js'
import { groupConfigText } from '../texts.js'

export const updateSubGroup = defineCommand({
  name: 'updateSubGroup',
  description: 'create a consumer group, or replace all settings of one',
  options: {
    ...target,
    group: required(text('-g, --groupName <group>', 'consumer group')),
    consume: withDefault(trueOrFalse('-s, --consumeEnable <true|false>', 'may consume'), true),
    fromMin: withDefault(
      trueOrFalse('-m, --consumeFromMinEnable <true|false>', 'may begin at the first message'),
      false,
    ),
    broadcast: withDefault(trueOrFalse('-d, --consumeBroadcastEnable <true|false>', 'may consume as broadcast'), false),
    retryQueues: withDefault(integer('-q, --retryQueueNums <n>', 'queues of its retry topic', { max: 65_536 }), 1),
    retryMax: withDefault(integer('-r, --retryMaxTimes <n>', 'tries before the dead-letter topic', { min: -1 }), 16),
    brokerId: withDefault(integer('-i, --brokerId <n>', 'broker that consumers read from'), 0),
    slowBrokerId: withDefault(
      integer('-w, --whichBrokerWhenConsumeSlowly <n>', 'broker that slow consumers read from'),
      1,
    ),
    notify: withDefault(
      trueOrFalse('-a, --notifyConsumerIdsChanged <true|false>', 'members are told when others come and go'),
      true,
    ),
  },
  examples: ['mqadmin updateSubGroup -n 127.0.0.1:9876 -c DefaultCluster -g my-group -r 3'],
  async run({ admin }, options) {
    const config: SubscriptionGroupConfig = {
      groupName: options.group,
      consumeEnable: options.consume,
      consumeFromMinEnable: options.fromMin,
      consumeBroadcastEnable: options.broadcast,
      retryQueueNums: options.retryQueues,
      retryMaxTimes: options.retryMax,
      brokerId: options.brokerId,
      whichBrokerWhenConsumeSlowly: options.slowBrokerId,
      notifyConsumerIdsChangedEnable: options.notify,
    }
    return { brokers: await admin.updateSubscriptionGroup(whereOf(options), config), config }
  },
  print: ({ brokers, config }) =>
    lines([...brokers.map((address) => `create subscription group to ${address} success.`), groupConfigText(config)]),
})
