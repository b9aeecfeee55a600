import * as protocol from '../../src/index.js'
import type { FastjsonOptions } from '../../src/index.js'

/** How a body is read and written. */
export interface BodyCodec {
  decode(bytes: Uint8Array): any
  encode(value: any, options?: FastjsonOptions): Uint8Array
}

/** Bodies that are no JSON: message bodies, records, batches, `key=value` lines. */
export const raw = 'raw'

const codec = (decode: BodyCodec['decode'], encode: BodyCodec['encode']): BodyCodec => ({ decode, encode })
const p = protocol
const topics = codec(p.decodeTopicList, p.encodeTopicList)
const resetOffset = codec(p.decodeResetOffsetBody, p.encodeResetOffsetBody)
const lockRequest = codec(p.decodeLockBatchRequestBody, p.encodeLockBatchRequestBody)
const kvTable = codec(p.decodeKVTable, p.encodeKVTable)
const dataVersion = codec(p.decodeDataVersion, p.encodeDataVersion)
const runningInfo = codec(p.decodeConsumerRunningInfo, p.encodeConsumerRunningInfo)
const consumerStatus = codec(p.decodeGetConsumerStatusBody, p.encodeGetConsumerStatusBody)

/** By request code: every body that the recordings hold. */
export const requestBodies: Record<number, BodyCodec | typeof raw> = {
  10: raw,
  25: raw,
  34: codec(p.decodeHeartbeatData, p.encodeHeartbeatData),
  39: raw,
  41: lockRequest,
  42: lockRequest,
  46: codec(p.decodeCheckClientRequestBody, p.encodeCheckClientRequestBody),
  103: codec(
    (bytes) => p.decodeRegisterBrokerBody(bytes),
    (body) => p.encodeRegisterBrokerBody(body),
  ),
  200: codec(p.decodeSubscriptionGroupConfig, p.encodeSubscriptionGroupConfig),
  220: resetOffset,
  309: raw,
  310: raw,
  318: raw,
  320: raw,
  322: dataVersion,
  324: raw,
  325: raw,
  326: raw,
}

export const responseBodies: Record<number, BodyCodec | typeof raw> = {
  11: raw,
  12: raw,
  21: codec(p.decodeTopicConfigSerializeWrapper, p.encodeTopicConfigSerializeWrapper),
  26: raw,
  28: kvTable,
  33: raw,
  38: codec(p.decodeGetConsumerListByGroupResponseBody, p.encodeGetConsumerListByGroupResponseBody),
  41: codec(p.decodeLockBatchResponseBody, p.encodeLockBatchResponseBody),
  43: codec(p.decodeConsumerOffsetSerializeWrapper, p.encodeConsumerOffsetSerializeWrapper),
  45: codec(p.decodeDelayOffsetSerializeWrapper, p.encodeDelayOffsetSerializeWrapper),
  54: codec(p.decodeAclConfig, p.encodeAclConfig),
  103: kvTable,
  105: codec(p.decodeTopicRouteData, p.encodeTopicRouteData),
  106: codec(p.decodeClusterInfo, p.encodeClusterInfo),
  201: codec(p.decodeSubscriptionGroupWrapper, p.encodeSubscriptionGroupWrapper),
  202: codec(p.decodeTopicStatsTable, p.encodeTopicStatsTable),
  203: codec(p.decodeConsumerConnection, p.encodeConsumerConnection),
  204: codec(p.decodeProducerConnection, p.encodeProducerConnection),
  206: topics,
  208: codec(p.decodeConsumeStats, p.encodeConsumeStats),
  219: kvTable,
  221: consumerStatus,
  222: resetOffset,
  223: consumerStatus,
  224: topics,
  300: codec(p.decodeGroupList, p.encodeGroupList),
  303: codec(p.decodeQueryConsumeTimeSpanBody, p.encodeQueryConsumeTimeSpanBody),
  304: topics,
  305: topics,
  307: runningInfo,
  308: codec(p.decodeQueryCorrectionOffsetBody, p.encodeQueryCorrectionOffsetBody),
  309: codec(p.decodeConsumeMessageDirectlyResult, p.encodeConsumeMessageDirectlyResult),
  311: topics,
  312: topics,
  313: topics,
  315: codec(p.decodeBrokerStatsData, p.encodeBrokerStatsData),
  317: codec(p.decodeConsumeStatsList, p.encodeConsumeStatsList),
  319: raw,
  321: codec(p.decodeQueryConsumeQueueResponseBody, p.encodeQueryConsumeQueueResponseBody),
  361: raw,
}
