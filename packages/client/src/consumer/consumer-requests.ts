import {
  decodeResetOffsetBody,
  encodeGetConsumerStatusBody,
  RequestCode,
  ResponseCode,
  type Answer,
  type ReceivedCommand,
} from '@mq/protocol'
import type { ConsumerCore } from './consumer-core.js'
import type { ConsumerKind } from './consumer-kind.js'
import { runningInfo } from './running-info.js'

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
      return runningInfo(core, kind, request.extFields?.jstackEnable === 'true')
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
