import { ResponseCode, type Answer, type ReceivedCommand } from '@mq/protocol'
import type { Channel } from '@mq/remoting'
import type { AcknowledgedStatus, AppendResult } from '@mq/store'
import { refusal } from '../answers.js'
import type { BrokerState } from '../broker-state.js'

/** A message that has its place. */
export type Appended = Extract<AppendResult, { ok: true }>

export function requireAppended(result: AppendResult): Appended {
  if (result.ok) return result
  const code =
    result.reason === 'SERVICE_NOT_AVAILABLE' ? ResponseCode.SERVICE_NOT_AVAILABLE : ResponseCode.MESSAGE_ILLEGAL
  throw refusal(code, result.message)
}

export const sendAnswerFields = (broker: BrokerState, msgId: string, queueId: number, queueOffset: number) => ({
  msgId,
  queueId: String(queueId),
  queueOffset: String(queueOffset),
  MSG_REGION: broker.config.regionId,
  TRACE_ON: broker.config.traceOn ? 'true' : 'false',
})

export function answerWhenAcknowledged(
  broker: BrokerState,
  request: ReceivedCommand,
  channel: Channel,
  sent: { endOffset: number; waits: boolean; fields: Record<string, string> },
): void {
  const { clock } = broker.io
  const startedMs = clock.monotonic()
  broker.sends.enter(startedMs)
  broker.store.whenAcknowledged(sent.endOffset, sent.waits, (status) => {
    const nowMs = clock.monotonic()
    broker.sends.leave(sent.waits ? nowMs : undefined)
    broker.putLatency.add(nowMs - startedMs)
    channel.answer(request, acknowledgement(broker, status, sent.fields))
  })
}

function acknowledgement(broker: BrokerState, status: AcknowledgedStatus, extFields: Record<string, string>): Answer {
  if (status === 'OK') return { code: ResponseCode.SUCCESS, extFields }
  if (status === 'FLUSH_DISK_TIMEOUT') {
    return {
      code: ResponseCode.FLUSH_DISK_TIMEOUT,
      remark: 'the message is stored; the disk did not confirm it in time',
      extFields,
    }
  }
  return { code: ResponseCode.SERVICE_NOT_AVAILABLE, remark: storeFailed(broker), extFields: broker.sendFields }
}

export const storeFailed = (broker: BrokerState): string =>
  broker.store.refusal ?? 'the message could not be made to last on the disk'
