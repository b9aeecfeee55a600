import {
  brokerIdentityRequest,
  crc32,
  decodeDataVersion,
  decodeRegisterBrokerBody,
  decodeTopicConfigSerializeWrapper,
  encodeDataVersion,
  encodeKVTable,
  queryDataVersionResponse,
  registerBrokerRequest,
  registerBrokerResponse,
  ResponseCode,
  type ReceivedCommand,
  type RegisterBrokerBody,
  type TopicConfigSerializeWrapper,
} from '@mq/protocol'
import { orderTopicNamespace } from '../kv-config.js'
import { checkBrokerAddress, checkRouteName, refuse } from '../names.js'
import type { Processor } from '../namesrv-state.js'
import { sameVersion } from '../route-table.js'

/** REGISTER_BROKER: a broker is alive and has these topics. */
export const registerBroker: Processor = (namesrv, request, channel) => {
  const header = registerBrokerRequest.decode(request.extFields)
  const { brokerName, brokerAddr, clusterName, brokerId, haServerAddr = '' } = header
  checkIdentity(header)
  if (header.bodyCrc32 && crc32(request.body ?? new Uint8Array(0)) !== header.bodyCrc32) {
    refuse('crc32 not match: the body was damaged on its way, register again')
  }
  const body = registrationBody(request, header.compressed ?? false)
  const known = namesrv.routes.dataVersion(brokerAddr)
  const dropped = dropIllegalTopics(body)
  if (dropped.length > 0 && !sameVersion(known, body.topicConfigSerializeWrapper.dataVersion)) {
    namesrv.logger.warn({ brokerName, brokerAddr }, `topics of ${brokerName} left out: ${dropped.join('; ')}`)
  }
  const master = namesrv.routes.register(
    { brokerName, brokerAddr, clusterName, brokerId, haServerAddr, channelId: channel.id },
    body,
    namesrv.clock.monotonic(),
  )
  if (known === undefined) {
    namesrv.logger.info(
      { brokerName, brokerAddr, clusterName, brokerId },
      `broker ${brokerName} at ${brokerAddr} registered (cluster ${clusterName}, id ${brokerId})`,
    )
  }
  const ordered = namesrv.kv.list(orderTopicNamespace)
  return {
    code: ResponseCode.SUCCESS,
    extFields: registerBrokerResponse.encode(master),
    body: ordered && encodeKVTable({ table: Object.fromEntries(ordered) }),
  }
}

/** UNREGISTER_BROKER */
export const unregisterBroker: Processor = (namesrv, request) => {
  const broker = brokerIdentityRequest.decode(request.extFields)
  checkIdentity(broker)
  namesrv.routes.unregister(broker)
  namesrv.logger.info({ ...broker }, `broker ${broker.brokerName} at ${broker.brokerAddr} left`)
  return { code: ResponseCode.SUCCESS }
}

/** QUERY_DATA_VERSION: a broker asks whether it has to register again; asking is a sign of life. */
export const queryDataVersion: Processor = (namesrv, request) => {
  const { brokerAddr } = brokerIdentityRequest.decode(request.extFields)
  const told = decodeDataVersion(request.body)
  const known = namesrv.routes.dataVersion(brokerAddr)
  const changed = !sameVersion(known, told)
  if (!changed) namesrv.routes.heard(brokerAddr, namesrv.clock.monotonic())
  return {
    code: ResponseCode.SUCCESS,
    extFields: queryDataVersionResponse.encode({ changed }),
    body: known && encodeDataVersion(known),
  }
}

function checkIdentity(header: {
  brokerName: string
  brokerAddr: string
  clusterName: string
  haServerAddr?: string
  brokerId: number
}): void {
  refuse(
    checkRouteName('broker name', header.brokerName),
    checkRouteName('cluster name', header.clusterName),
    checkBrokerAddress(header.brokerAddr),
    header.haServerAddr ? checkBrokerAddress(header.haServerAddr) : undefined,
    header.brokerId < 0 ? `the broker id is ${header.brokerId}; a master has 0, slaves have higher ones` : undefined,
  )
}

/** From this version on brokers send `RegisterBrokerBody`, before it the topics alone (`MQVersion.V3_0_11`). */
const registerBodyVersion = 37

function registrationBody(request: ReceivedCommand, compressed: boolean): RegisterBrokerBody {
  const { body, version } = request
  if (body === undefined)
    return withoutFilterServers({ dataVersion: { counter: 0, timestamp: 0 }, topicConfigTable: new Map() })
  if (version >= registerBodyVersion) return decodeRegisterBrokerBody(body, compressed)
  return withoutFilterServers(decodeTopicConfigSerializeWrapper(body))
}

const withoutFilterServers = (topics: TopicConfigSerializeWrapper): RegisterBrokerBody => ({
  filterServerList: [],
  topicConfigSerializeWrapper: topics,
})

/** A broker with a bad name among its topics keeps the others. Returns what was wrong. */
function dropIllegalTopics({ topicConfigSerializeWrapper }: RegisterBrokerBody): string[] {
  const { topicConfigTable } = topicConfigSerializeWrapper
  const problems: string[] = []
  for (const [name, { topicName }] of topicConfigTable) {
    const problem = checkRouteName('topic name', topicName)
    if (problem === undefined) continue
    topicConfigTable.delete(name)
    if (problems.length < 5) problems.push(problem)
  }
  return problems
}
