import type { Clock } from '@mq/io'
import { defaultTraceRegion, MessageProperty, TraceContextCode, type UniqueKeys } from '@mq/protocol'
import type { HandlerMiddleware } from '../consumer/middleware.js'
import type { ReceivedMessage } from '../received-message.js'
import type { Tracer } from './tracer.js'

/** Traces what a consumer's handler does: one record before it, one after it. */
export const consumeTracer = (tracer: Tracer, group: string, clock: Clock, ids: UniqueKeys): HandlerMiddleware => {
  const trace = new ConsumeTrace(tracer, group, clock)
  return (message, _context, next) => {
    // Trace of trace would never end.
    if (message.topic === tracer.topic || message.property(MessageProperty.TRACE_ON) === 'false') return next()
    const requestId = ids.next()
    const startedMs = clock.monotonic()
    const end = (code: number) => trace.after(message, requestId, startedMs, code)
    trace.before(message, requestId)
    try {
      const outcome = next()
      if (!(outcome instanceof Promise)) {
        end(codeOf(outcome))
        return outcome
      }
      return outcome.then(
        (one) => {
          end(codeOf(one))
          return one
        },
        (error: unknown) => {
          end(TraceContextCode.EXCEPTION)
          throw error
        },
      )
    } catch (error) {
      end(TraceContextCode.EXCEPTION)
      throw error
    }
  }
}

const codeOf = (outcome: unknown): number =>
  outcome === undefined || outcome === 'success' ? TraceContextCode.SUCCESS : TraceContextCode.FAILED

class ConsumeTrace {
  constructor(
    private readonly tracer: Tracer,
    private readonly group: string,
    private readonly clock: Clock,
  ) {}

  before(message: ReceivedMessage, requestId: string): void {
    const { msgId, reconsumeTimes, keys } = message
    const regionId = message.property(MessageProperty.MSG_REGION) ?? defaultTraceRegion
    this.tracer.add(
      {
        ...{ type: 'SubBefore', timestamp: this.clock.now(), regionId, group: this.group },
        ...{ requestId, msgId, retryTimes: reconsumeTimes, keys: joined(keys) },
      },
      keys,
    )
  }

  after(message: ReceivedMessage, requestId: string, startedMs: number, contextCode: number): void {
    const { msgId, keys } = message
    const costMs = Math.round(this.clock.monotonic() - startedMs)
    const success = contextCode === TraceContextCode.SUCCESS
    this.tracer.add(
      {
        ...{ type: 'SubAfter', requestId, msgId, costMs, success, keys: joined(keys), contextCode },
        ...{ timestamp: this.clock.now(), group: this.group },
      },
      keys,
    )
  }
}

const joined = (keys: readonly string[]): string | undefined => (keys.length === 0 ? undefined : keys.join(' '))
