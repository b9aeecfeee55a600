import { fromRemotingError } from '../errors.js'
import type { ReceivedMessage } from '../received-message.js'
import type { ConsumerCore } from './consumer-core.js'
import type { GiveBack } from './give-back.js'
import { runHandler, type Handle } from './handler-run.js'
import { OrderedDispatcher } from './ordered-dispatcher.js'

export interface OrderedConsumptionOptions {
  concurrency: number
  suspendMs: number
  maxReconsumeTimes: number
  handle: Handle
  /** A handler threw. */
  onFailed(message: ReceivedMessage, error: unknown): void
}

/**
 * Consumption in order: a message whose handler failed is tried again in its place; after `maxReconsumeTimes` more tries it
 * goes to the dead-letter queue, and the queue goes on (`ConsumeMessageOrderlyService`, 4.7.1).
 */
export function consumeInOrder(
  core: ConsumerCore,
  giveBack: GiveBack,
  { concurrency, suspendMs, maxReconsumeTimes, handle, onFailed }: OrderedConsumptionOptions,
): OrderedDispatcher {
  /** Whether the queue may go on. Of the delay levels only -1 means something here: to the dead-letter queue at once. */
  const later = (message: ReceivedMessage, delayLevel: number, error: unknown): boolean | Promise<boolean> => {
    if (error !== undefined) onFailed(message, error)
    if (delayLevel === -1 || message.reconsumeTimes >= maxReconsumeTimes) return setAside(core, giveBack, message)
    message.countTry()
    return false
  }
  return new OrderedDispatcher({
    concurrency,
    suspendMs,
    clock: core.instance.io.clock,
    consume: (message) => runHandler(handle, message, { success: true, later }),
    mayConsume: ({ queue }) => core.locks?.holds(queue) ?? true,
  })
}

async function setAside(core: ConsumerCore, giveBack: GiveBack, message: ReceivedMessage): Promise<boolean> {
  const { msgId, reconsumeTimes } = message
  if (core.settings.broadcasting) {
    const problem = 'a message of a broadcasting consumer failed and is dropped'
    core.instance.logger.warn({ msgId, reconsumeTimes }, problem)
    return true
  }
  try {
    await giveBack.toDeadLetters(message)
    return true
  } catch (error) {
    core.events.emit('problem', { error: fromRemotingError(error, `message ${msgId}`) })
    message.countTry()
    return false
  }
}
