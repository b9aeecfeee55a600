import {
  decodeResetOffsetBody,
  encodeConsumerRunningInfo,
  encodeGetConsumerStatusBody,
  RequestCode,
  ResponseCode,
  type Answer,
  type ProcessQueueInfo,
  type ReceivedCommand,
} from '@mq/protocol'
import type { ConsumerCore } from './consumer-core.js'
import type { ConsumerKind } from './consumer-kind.js'
import type { QueuePuller } from './queue-puller.js'

/** Answers what a broker asks of a consumer. */
export function serveBroker(
  core: ConsumerCore,
  kind: ConsumerKind,
  request: ReceivedCommand,
): Answer | Promise<Answer> | undefined {
  switch (request.code) {
    case RequestCode.RESET_CONSUMER_CLIENT_OFFSET:
      return resetOffsets(core, request)
    case RequestCode.GET_CONSUMER_STATUS_FROM_CLIENT:
      return offsetsOf(core, request)
    case RequestCode.GET_CONSUMER_RUNNING_INFO:
      return runningInfo(core, kind)
    default:
      return kind.consumeDirectly?.(request) ?? cannot('consume a message directly')
  }
}

const cannot = (what: string): Answer => ({ code: ResponseCode.SYSTEM_ERROR, remark: `this consumer cannot ${what}` })

function resetOffsets(core: ConsumerCore, request: ReceivedCommand): undefined {
  const { offsetTable } = decodeResetOffsetBody(request.body)
  const offsets = [...offsetTable].map(([queue, offset]) => ({ queue, offset }))
  core.instance.logger.info({ group: core.group, queues: offsets.length }, `offsets of group ${core.group} are reset`)
  // The broker sends this one-way. What fails is told like any failed commit, and committed again later.
  void core.moveTo(offsets).catch((error: Error) => core.instance.logger.warn({ error: error.message }, 'reset failed'))
}

function offsetsOf(core: ConsumerCore, request: ReceivedCommand): Answer {
  const pullers = core.queues.of(request.extFields?.topic ?? '')
  const messageQueueTable = new Map(pullers.map(({ queue, process }) => [queue, process.commitOffset]))
  return {
    code: ResponseCode.SUCCESS,
    body: encodeGetConsumerStatusBody({ messageQueueTable, consumerTable: new Map() }),
  }
}

function runningInfo(core: ConsumerCore, { consumeType, ordered }: ConsumerKind): Answer {
  const properties = {
    PROP_NAMESERVER_ADDR: core.instance.nameServers.addresses.join(';'),
    PROP_CONSUME_TYPE: consumeType,
    PROP_CONSUMEORDERLY: String(ordered !== undefined),
    PROP_THREADPOOL_CORE_SIZE: '1',
    PROP_CLIENT_VERSION: 'V4_7_1',
    PROP_CONSUMER_START_TIMESTAMP: String(core.startedMs),
  }
  const mqTable = new Map(core.queues.all().map((puller) => [puller.queue, processQueueInfo(core, puller)]))
  const subscriptionSet = core.describe().subscriptionDataSet
  const body = encodeConsumerRunningInfo({
    properties,
    mqTable,
    subscriptionSet,
    statusTable: new Map(),
    jstack: undefined,
  })
  return { code: ResponseCode.SUCCESS, body }
}

const processQueueInfo = (
  { locks }: ConsumerCore,
  { queue, process, stopped, lastPullMs }: QueuePuller,
): ProcessQueueInfo => ({
  commitOffset: process.commitOffset,
  cachedMsgMinOffset: process.minOffset,
  cachedMsgMaxOffset: process.maxOffset,
  cachedMsgCount: process.count,
  cachedMsgSizeInMiB: Math.floor(process.bytes / 1024 / 1024),
  transactionMsgMinOffset: 0,
  transactionMsgMaxOffset: 0,
  transactionMsgCount: 0,
  locked: locks?.holds(queue) ?? false,
  tryUnlockTimes: 0,
  lastLockTimestamp: locks?.confirmedAt(queue) ?? 0,
  droped: stopped,
  lastPullTimestamp: lastPullMs,
  lastConsumeTimestamp: 0,
})
