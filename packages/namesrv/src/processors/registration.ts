import {
  brokerIdentityRequest,
  checkTopicName,
  crc32,
  decodeDataVersion,
  decodeRegisterBrokerBody,
  encodeDataVersion,
  encodeKVTable,
  queryDataVersionResponse,
  registerBrokerRequest,
  registerBrokerResponse,
  ResponseCode,
  type RegisterBrokerBody,
} from '@mq/protocol'
import { ResponseError } from '@mq/remoting'
import { orderTopicNamespace } from '../kv-config.js'
import type { Processor } from '../namesrv-state.js'

/** REGISTER_BROKER: a broker is alive and has these topics. */
export const registerBroker: Processor = (namesrv, request, channel) => {
  const header = registerBrokerRequest.decode(request.extFields)
  checkIdentity(header)
  if (header.bodyCrc32 && crc32(request.body ?? new Uint8Array(0)) !== header.bodyCrc32) {
    throw new ResponseError(
      ResponseCode.SYSTEM_ERROR,
      'crc32 not match: the body was damaged on its way, register again',
    )
  }
  const body = withoutIllegalTopics(decodeRegisterBrokerBody(request.body, header.compressed ?? false))
  const isNew = namesrv.routes.dataVersion(header.brokerAddr) === undefined
  const master = namesrv.routes.register(
    { ...header, haServerAddr: header.haServerAddr ?? '', channelId: channel.id },
    body,
    namesrv.clock.monotonic(),
  )
  if (isNew) {
    const { brokerName, brokerAddr, clusterName, brokerId } = header
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
  namesrv.routes.unregister(broker)
  namesrv.logger.info({ ...broker }, `broker ${broker.brokerName} at ${broker.brokerAddr} left`)
  return { code: ResponseCode.SUCCESS }
}

/** QUERY_DATA_VERSION: a broker asks whether it has to register again; asking is a sign of life. */
export const queryDataVersion: Processor = (namesrv, request) => {
  const { brokerAddr } = brokerIdentityRequest.decode(request.extFields)
  const told = decodeDataVersion(request.body)
  const known = namesrv.routes.dataVersion(brokerAddr)
  const changed = known === undefined || known.counter !== told.counter || known.timestamp !== told.timestamp
  if (!changed) namesrv.routes.heard(brokerAddr, namesrv.clock.monotonic())
  return {
    code: ResponseCode.SUCCESS,
    extFields: queryDataVersionResponse.encode({ changed }),
    body: known && encodeDataVersion(known),
  }
}

function checkIdentity(header: { brokerName: string; brokerAddr: string; clusterName: string }): void {
  for (const [name, value] of Object.entries({ ...header })) {
    if (typeof value === 'string' && (value.length > 255 || /[\u0000-\u001f]/.test(value))) {
      throw new ResponseError(
        ResponseCode.SYSTEM_ERROR,
        `${name} is longer than 255 characters or has control characters`,
      )
    }
  }
  if (header.brokerName === '' || header.brokerAddr === '' || header.clusterName === '') {
    throw new ResponseError(ResponseCode.SYSTEM_ERROR, 'a broker registers with its name, its address and its cluster')
  }
}

/** A broker with one bad name among its topics keeps the others. */
function withoutIllegalTopics(body: RegisterBrokerBody): RegisterBrokerBody {
  const { topicConfigTable } = body.topicConfigSerializeWrapper
  for (const [name, topic] of topicConfigTable) {
    if (checkTopicName(topic.topicName) !== undefined) topicConfigTable.delete(name)
  }
  return body
}
