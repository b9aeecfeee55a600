import { defineCommand, type Admin } from '../command.js'
import { lines } from '../layout.js'
import { integer, required, text, trueOrFalse, withDefault } from '../options.js'
import { putOrder } from '../order-config.js'
import { target, whereOf } from '../target.js'
import { topicConfigText } from '../texts.js'

/** Bits of a topic's system flag (`TopicSysFlag`, 4.7.1). */
const unitFlag = 1
const unitSubscriptionFlag = 2

export const updateTopic = defineCommand({
  name: 'updateTopic',
  description: 'create a topic, or replace all settings of one',
  options: {
    ...target,
    topic: required(text('-t, --topic <topic>', 'topic')),
    readQueues: withDefault(
      integer('-r, --readQueueNums <n>', 'queues that consumers see', { min: 1, max: 65_536 }),
      8,
    ),
    writeQueues: withDefault(
      integer('-w, --writeQueueNums <n>', 'queues that producers see', { min: 1, max: 65_536 }),
      8,
    ),
    perm: withDefault(integer('-p, --perm <2|4|6>', '2 write only, 4 read only, 6 both', { min: 0, max: 7 }), 6),
    order: trueOrFalse('-o, --order <true|false>', 'queues keep their number when a broker is down'),
    unit: trueOrFalse('-u, --unit <true|false>', 'unit topic'),
    unitSubscription: trueOrFalse('-s, --hasUnitSub <true|false>', 'has unit subscriptions'),
  },
  examples: [
    'mqadmin updateTopic -n 127.0.0.1:9876 -c DefaultCluster -t TopicTest',
    'mqadmin updateTopic -n 127.0.0.1:9876 -b 127.0.0.1:10911 -t TopicTest -r 4 -w 4',
  ],
  async run({ admin }, options) {
    const where = whereOf(options)
    const { topic, readQueues, writeQueues, perm, order = false } = options
    const topicSysFlag = (options.unit ? unitFlag : 0) | (options.unitSubscription ? unitSubscriptionFlag : 0)
    const settings = { topic, readQueueNums: readQueues, writeQueueNums: writeQueues, perm, order, topicSysFlag }
    const brokers = await admin.createTopic({ ...where, ...settings })
    const orderConf = order ? await keepOrder(admin, where, topic, writeQueues) : undefined
    const { topic: topicName, ...others } = settings
    return { brokers, orderConf, config: { topicName, topicFilterType: 'SINGLE_TAG' as const, ...others } }
  },
  print: ({ brokers, orderConf, config }, { cluster }) =>
    lines([
      ...brokers.map((address) => `create topic to ${address} success.`),
      ...(orderConf === undefined
        ? []
        : [`set ${cluster === undefined ? 'broker' : 'cluster'} orderConf. isOrder=true, orderConf=[${orderConf}]`]),
      topicConfigText(config),
    ]),
})

/** Tells the name servers how many queues each broker has for good, which is what makes a topic ordered. */
async function keepOrder(
  admin: Admin,
  { addr, cluster }: { addr?: string; cluster?: string },
  topic: string,
  queues: number,
): Promise<string> {
  const { clusterAddrTable, brokerAddrTable } = await admin.clusterInfo()
  if (cluster !== undefined) {
    const names = clusterAddrTable.get(cluster) ?? []
    return putOrder(admin, topic, new Map(names.map((name) => [name, queues])), { replace: true })
  }
  const owner = [...brokerAddrTable.values()].find(({ brokerAddrs }) => [...brokerAddrs.values()].includes(addr!))
  return putOrder(admin, topic, new Map(owner ? [[owner.brokerName, queues]] : []))
}
