import { fromRemotingError } from '../errors.js'
import type { ReceivedMessage } from '../received-message.js'
import { dropped } from './concurrent-consumption.js'
import type { Concurrency } from './concurrency.js'
import type { ConsumerCore } from './consumer-core.js'
import type { GiveBack } from './give-back.js'
import type { Failure } from './handle.js'
import type { HandlerRunner } from './handler-runner.js'
import type { Handlers } from './handlers.js'
import { OrderedDispatcher } from './ordered-dispatcher.js'

export interface OrderedConsumptionOptions {
  concurrency: Concurrency
  suspendMs: number
  maxReconsumeTimes: number
  handlers: Handlers
  runner: HandlerRunner
  /** A handler did not consume a message. */
  onFailed(failure: Failure): void
}

const nothing: readonly ReceivedMessage[] = []

/**
 * Consumption in order: a message whose handler failed is tried again in its place, with its whole batch if it was in one;
 * after `maxReconsumeTimes` more tries it goes to the dead-letter queue, and the others go on without it
 * (`ConsumeMessageOrderlyService`, 4.7.1).
 */
export function consumeInOrder(
  core: ConsumerCore,
  giveBack: GiveBack,
  { concurrency, suspendMs, maxReconsumeTimes, handlers, runner, onFailed }: OrderedConsumptionOptions,
): OrderedDispatcher {
  type Again = readonly ReceivedMessage[]
  /** Of the delay levels only -1 means something here: to the dead-letter queue at once. */
  const isGivenUp = ({ message, delayLevel }: Failure) =>
    delayLevel === -1 || message.reconsumeTimes >= maxReconsumeTimes
  const settle = (messages: Again, failures: readonly Failure[]): Again | Promise<Again> => {
    if (failures.length === 0) return nothing
    failures.forEach(onFailed)
    return failures.some(isGivenUp) ? settleWithout(messages, failures) : tryAgain(messages)
  }
  /** When all that failed is set aside, the rest of the batch is consumed; otherwise it comes again. */
  const settleWithout = async (messages: Again, failures: readonly Failure[]): Promise<Again> => {
    const gone = new Set<ReceivedMessage>()
    for (const { message } of failures.filter(isGivenUp)) if (await setAside(core, giveBack, message)) gone.add(message)
    return gone.size === failures.length ? nothing : tryAgain(messages.filter((one) => !gone.has(one)))
  }
  const consume = (messages: Again): Again | Promise<Again> => {
    const failures = runner.run(messages)
    return failures instanceof Promise ? failures.then((some) => settle(messages, some)) : settle(messages, failures)
  }
  return new OrderedDispatcher({
    concurrency,
    suspendMs,
    clock: core.instance.io.clock,
    handlers,
    consume,
    mayConsume: ({ queue }) => core.locks?.holds(queue) ?? true,
  })
}

function tryAgain(messages: readonly ReceivedMessage[]): readonly ReceivedMessage[] {
  for (const message of messages) message.countTry()
  return messages
}

/** Whether it was. */
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
    return false
  }
}
