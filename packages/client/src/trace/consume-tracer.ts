import type { Clock } from '@mq/io'
import { defaultTraceRegion, MessageProperty, TraceContextCode, type UniqueKeys } from '@mq/protocol'
import type { HandlerMiddleware } from '../consumer/middleware.js'
import type { ReceivedMessage } from '../received-message.js'
import type { Tracer } from './tracer.js'

/** Tells how a message's consumption ended; a `TraceContextCode`. */
export type EndTrace = (code: number) => void

/** Traces what a consumer does with a message: one record before it, one after it. */
export class ConsumeTracer {
  constructor(
    private readonly tracer: Tracer,
    private readonly group: string,
    private readonly clock: Clock,
    private readonly ids: UniqueKeys,
  ) {}

  /** A message is handed out. Undefined when it is not traced. */
  begin(message: ReceivedMessage): EndTrace | undefined {
    // Trace of trace would never end.
    if (message.topic === this.tracer.topic || message.property(MessageProperty.TRACE_ON) === 'false') return undefined
    const requestId = this.ids.next()
    const startedMs = this.clock.monotonic()
    this.#before(message, requestId)
    return (code) => this.#after(message, requestId, startedMs, code)
  }

  #before(message: ReceivedMessage, requestId: string): void {
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

  #after(message: ReceivedMessage, requestId: string, startedMs: number, contextCode: number): void {
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

/** Traces each call of a handler. */
export const traceMiddleware =
  (tracer: ConsumeTracer): HandlerMiddleware =>
  (message, _context, next) => {
    const end = tracer.begin(message)
    if (end === undefined) return next()
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

const codeOf = (outcome: unknown): number =>
  outcome === undefined || outcome === 'success' ? TraceContextCode.SUCCESS : TraceContextCode.FAILED

const joined = (keys: readonly string[]): string | undefined => (keys.length === 0 ? undefined : keys.join(' '))
