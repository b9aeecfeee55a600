import type { Clock } from '@mq/io'
import { ClientError } from '../errors.js'
import type { ReceivedMessage } from '../received-message.js'
import { allOf, type Failure } from './handle.js'
import { HandlerCall } from './handler-call.js'
import type { Handlers } from './handlers.js'
import { RunningHandlers } from './running-handlers.js'

/** With which an overdue message is given back: 10 s, whatever its count (`ProcessQueue.cleanExpiredMsg`, 4.7.1). */
const overdueDelayLevel = 3

export interface HandlerRunnerPlan {
  readonly clock: Clock
  readonly group: string
  readonly handlers: Handlers
  /** Milliseconds a handler may take. */
  readonly consumeTimeoutMs: number
  /** What takes too long is given back. Not where order is kept: its queue waits for the handler. */
  readonly givesUp: boolean
  /** A handler has ended; `failed`: how many of its messages were not consumed. */
  onEnd(call: HandlerCall, failed: number, tookMs: number): void
  /** A handler takes too long. */
  onOverdue(call: HandlerCall, runningMs: number): void
}

/** Runs handlers, and knows which run. */
export class HandlerRunner {
  readonly running: RunningHandlers

  constructor(private readonly plan: HandlerRunnerPlan) {
    this.running = new RunningHandlers(plan.clock, plan.consumeTimeoutMs, (call) => this.#overdue(call))
  }

  /** What was not consumed. Neither throws nor rejects. A handler that returns no promise costs none. */
  run(messages: readonly ReceivedMessage[]): readonly Failure[] | Promise<readonly Failure[]> {
    const { clock, handlers } = this.plan
    const call = new HandlerCall(messages, clock.monotonic())
    const failures = handlers.of(messages[0]!).handle(messages, call)
    if (failures instanceof Promise) return this.#watch(call, failures)
    this.#ended(call, failures)
    return failures
  }

  /** All that run are told to stop. */
  abort(reason: Error): void {
    this.running.close()
    for (const call of this.running.all()) call.abort(reason)
  }

  #watch(call: HandlerCall, ends: Promise<readonly Failure[]>): Promise<readonly Failure[]> {
    this.running.add(call)
    return new Promise((resolve) => {
      if (this.plan.givesUp) call.giveUp = () => resolve(allOf(call.messages, overdueDelayLevel))
      void ends.then((failures) => {
        this.running.delete(call)
        this.#ended(call, failures)
        resolve(failures)
      })
    })
  }

  #ended(call: HandlerCall, failures: readonly Failure[]): void {
    this.plan.onEnd(call, failures.length, this.plan.clock.monotonic() - call.startedMs)
  }

  #overdue(call: HandlerCall): void {
    const runningMs = Math.round(this.plan.clock.monotonic() - call.startedMs)
    const { group } = this.plan
    const problem = `a handler of group ${group} did not end within ${runningMs} ms`
    call.abort(new ClientError('TIMEOUT', problem, { group, elapsedMs: runningMs }))
    this.plan.onOverdue(call, runningMs)
    call.giveUp?.()
  }
}
