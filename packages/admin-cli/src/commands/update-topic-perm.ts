import type { QueueData } from '@mq/protocol'
import { defineCommand } from '../command.js'
import { CommandError } from '../errors.js'
import { lines } from '../layout.js'
import { integer, required, text } from '../options.js'
import { target, whereOf } from '../target.js'
import { topicConfigText } from '../texts.js'

interface Change {
  address: string
  from: number
  config: ReturnType<typeof configOf>
}

export const updateTopicPerm = defineCommand({
  name: 'updateTopicPerm',
  description: "change a topic's permission, keeping its queues",
  options: {
    ...target,
    topic: required(text('-t, --topic <topic>', 'topic')),
    perm: required(integer('-p, --perm <2|4|6>', '2 write only, 4 read only, 6 both', { min: 0, max: 7 })),
  },
  examples: ['mqadmin updateTopicPerm -n 127.0.0.1:9876 -c DefaultCluster -t TopicTest -p 6'],
  async run({ admin }, options): Promise<Change[]> {
    const { topic, perm } = options
    const where = whereOf(options)
    const wanted = where.addr === undefined ? new Set(await admin.masters(where.cluster)) : new Set([where.addr])
    const { brokerDatas, queueDatas } = await admin.topicRoute(topic)
    const changes: Change[] = []
    for (const { brokerName, brokerAddrs } of brokerDatas) {
      const address = brokerAddrs.get(0)
      const queues = queueDatas.find((one) => one.brokerName === brokerName)
      if (address === undefined || queues === undefined || !wanted.has(address)) continue
      const config = configOf(topic, perm, queues)
      if (queues.perm !== perm) await admin.createTopic({ addr: address, ...config, topic })
      changes.push({ address, from: queues.perm, config })
    }
    if (changes.length === 0)
      throw new CommandError(`topic ${topic} is on no master ${where.addr ?? `of ${where.cluster}`}`)
    return changes
  },
  print: (changes) =>
    lines(
      changes.flatMap(({ address, from, config }) =>
        from === config.perm
          ? ['new perm equals to the old one!']
          : [`update topic perm from ${from} to ${config.perm} in ${address} success.`, `${topicConfigText(config)}.`],
      ),
    ),
})

const configOf = (topicName: string, perm: number, { readQueueNums, writeQueueNums, topicSysFlag }: QueueData) => ({
  topicName,
  readQueueNums,
  writeQueueNums,
  perm,
  topicFilterType: 'SINGLE_TAG' as const,
  topicSysFlag,
  order: false,
})
