import { fromRemotingError } from '../errors.js'
import type { ReceivedMessage } from '../received-message.js'
import { dropped } from './concurrent-consumption.js'
import type { Concurrency } from './concurrency.js'
import type { ConsumerCore } from './consumer-core.js'
import type { GiveBack } from './give-back.js'
import type { Failure } from './handle.js'
import type { HandlerRunner } from './handler-runner.js'
import { OrderedDispatcher } from './ordered-dispatcher.js'

export interface OrderedConsumptionOptions {
  concurrency: Concurrency
  suspendMs: number
  maxReconsumeTimes: number
  runner: HandlerRunner
  /** A handler did not consume a message. */
  onFailed(failure: Failure): void
}

/**
 * Consumption in order: a message whose handler failed is tried again in its place; after `maxReconsumeTimes` more tries it
 * goes to the dead-letter queue, and the queue goes on (`ConsumeMessageOrderlyService`, 4.7.1).
 */
export function consumeInOrder(
  core: ConsumerCore,
  giveBack: GiveBack,
  { concurrency, suspendMs, maxReconsumeTimes, runner, onFailed }: OrderedConsumptionOptions,
): OrderedDispatcher {
  /** Whether the queue may go on. Of the delay levels only -1 means something here: to the dead-letter queue at once. */
  const settle = ([failure]: readonly Failure[]): boolean | Promise<boolean> => {
    if (failure === undefined) return true
    onFailed(failure)
    const { message, delayLevel } = failure
    if (delayLevel === -1 || message.reconsumeTimes >= maxReconsumeTimes) return setAside(core, giveBack, message)
    message.countTry()
    return false
  }
  const consume = (message: ReceivedMessage): boolean | Promise<boolean> => {
    const failures = runner.run([message])
    return failures instanceof Promise ? failures.then(settle) : settle(failures)
  }
  return new OrderedDispatcher({
    concurrency,
    suspendMs,
    clock: core.instance.io.clock,
    consume,
    mayConsume: ({ queue }) => core.locks?.holds(queue) ?? true,
  })
}

async function setAside(core: ConsumerCore, giveBack: GiveBack, message: ReceivedMessage): Promise<boolean> {
  if (core.settings.broadcasting) {
    dropped(core, message)
    return true
  }
  try {
    await giveBack.toDeadLetters(message)
    return true
  } catch (error) {
    core.events.emit('problem', { error: fromRemotingError(error, `message ${message.msgId}`) })
    message.countTry()
    return false
  }
}
