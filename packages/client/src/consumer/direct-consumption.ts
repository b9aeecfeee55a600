import {
  encodeConsumeMessageDirectlyResult,
  ResponseCode,
  type Answer,
  type ConsumeMessageDirectlyResult,
  type ReceivedCommand,
} from '@mq/protocol'
import type { Clock } from '@mq/io'
import { ReceivedMessage } from '../received-message.js'
import type { Failure } from './handle.js'
import type { HandlerRunner } from './handler-runner.js'

/** An operator asks to see what this consumer makes of one message (309): its answer, and how long it took. */
export async function consumeDirectly(
  request: ReceivedCommand,
  runner: HandlerRunner,
  clock: Clock,
  { ordered, namespace }: { ordered: boolean; namespace: string | undefined },
): Promise<Answer> {
  const startedMs = clock.monotonic()
  const message = new ReceivedMessage(request.body ?? new Uint8Array(0), 0, undefined, namespace)
  const [failure] = await runner.run([message])
  const spentTimeMills = Math.round(clock.monotonic() - startedMs)
  const result = { order: ordered, autoCommit: true, ...resultOf(failure), spentTimeMills }
  return { code: ResponseCode.SUCCESS, body: encodeConsumeMessageDirectlyResult(result) }
}

function resultOf(failure: Failure | undefined): Pick<ConsumeMessageDirectlyResult, 'consumeResult' | 'remark'> {
  if (failure === undefined) return { consumeResult: 'CR_SUCCESS', remark: undefined }
  const { error } = failure
  if (error === undefined) return { consumeResult: 'CR_LATER', remark: undefined }
  return { consumeResult: 'CR_THROW_EXCEPTION', remark: error instanceof Error ? error.message : String(error) }
}
