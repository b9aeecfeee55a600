import { ResponseCode, dlqTopic, retryTopic } from '@mq/protocol'
import { ClientError } from '@mq/client'
import { defineCommand, type Admin } from '../command.js'
import { lines } from '../layout.js'
import { required, text } from '../options.js'
import { target, whereOf } from '../target.js'

export const deleteSubGroup = defineCommand({
  name: 'deleteSubGroup',
  description: 'delete a consumer group; of a whole cluster with its retry and dead-letter topics',
  options: { ...target, group: required(text('-g, --groupName <group>', 'consumer group')) },
  examples: ['mqadmin deleteSubGroup -n 127.0.0.1:9876 -c DefaultCluster -g my-group'],
  async run({ admin }, options) {
    const where = whereOf(options)
    const brokers = where.addr === undefined ? await admin.masters(where.cluster) : [where.addr]
    for (const addr of brokers) await admin.deleteSubscriptionGroup({ addr }, options.group)
    if (where.cluster !== undefined) {
      for (const topic of [retryTopic(options.group), dlqTopic(options.group)])
        await deleteIfThere(admin, topic, where.cluster)
    }
    return { deleted: options.group, brokers }
  },
  print: ({ deleted, brokers }, { cluster }) =>
    lines(
      brokers.map(
        (address) =>
          `delete subscription group [${deleted}] from broker [${address}]${cluster === undefined ? '' : ` in cluster [${cluster}]`} success.`,
      ),
    ),
})

/** A group that never failed a message has no dead-letter topic. */
async function deleteIfThere(admin: Admin, topic: string, cluster: string): Promise<void> {
  try {
    await admin.deleteTopic({ topic, cluster })
  } catch (error) {
    if (error instanceof ClientError && error.details.responseCode === ResponseCode.TOPIC_NOT_EXIST) return
    throw error
  }
}
