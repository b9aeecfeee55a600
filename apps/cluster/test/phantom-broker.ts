import { nodeIo } from '@mq/io/node'
import {
  crc32,
  encodeRegisterBrokerBody,
  registerBrokerRequest,
  requestCommand,
  RequestCode,
  type TopicConfig,
} from '@mq/protocol'
import { createRemotingClient } from '@mq/remoting'
import { freePort } from '@mq/test-ports'

/**
 * Tells a name server of a broker that has this topic and that nobody reaches, as after a cut between it and the clients.
 * The name server knows it until `forget`.
 */
export async function registerPhantom(namesrv: string, topicName: string): Promise<{ forget(): Promise<void> }> {
  const remoting = createRemotingClient({ io: nodeIo() })
  const numbers = { readQueueNums: 2, writeQueueNums: 2, perm: 6, topicSysFlag: 0 }
  const topic: TopicConfig = { topicName, ...numbers, order: false, topicFilterType: 'SINGLE_TAG' }
  const body = encodeRegisterBrokerBody({
    topicConfigSerializeWrapper: {
      dataVersion: { counter: 1, timestamp: 1 },
      topicConfigTable: new Map([[topicName, topic]]),
    },
    filterServerList: [],
  })
  const header = registerBrokerRequest.encode({
    ...{ brokerName: 'broker-phantom', brokerId: 0, clusterName: 'DefaultCluster' },
    ...{ brokerAddr: `127.0.0.1:${await freePort()}`, haServerAddr: '', compressed: false, bodyCrc32: crc32(body) },
  })
  await remoting.call(namesrv, requestCommand(RequestCode.REGISTER_BROKER, header, body), { timeoutMs: 10_000 })
  return { forget: () => remoting.close() }
}
