import type { ClientError } from '../errors.js'
import type { ReceivedMessage } from '../received-message.js'
import type { Concurrency } from './concurrency.js'
import type { ConsumerCore } from './consumer-core.js'
import { Dispatcher } from './dispatcher.js'
import type { GiveBack } from './give-back.js'
import type { Failure } from './handle.js'
import type { HandlerRunner } from './handler-runner.js'
import type { Handlers } from './handlers.js'

/** A message that can neither be consumed nor given back is tried again here after this time, ms. */
const localRetryMs = 5000

export interface ConcurrentConsumptionOptions {
  concurrency: Concurrency
  handlers: Handlers
  runner: HandlerRunner
  /** A handler did not consume a message. */
  onFailed(failure: Failure): void
}

/** Consumption in any order: what is not consumed goes back to its broker (`ConsumeMessageConcurrentlyService`, 4.7.1). */
export function consumeConcurrently(
  core: ConsumerCore,
  giveBack: GiveBack,
  { concurrency, handlers, runner, onFailed }: ConcurrentConsumptionOptions,
): Dispatcher {
  const { clock } = core.instance.io
  const consume = (messages: readonly ReceivedMessage[]): void | Promise<void> => {
    const failures = runner.run(messages)
    if (failures instanceof Promise) return failures.then((some) => (some.length === 0 ? undefined : settle(some)))
    return failures.length === 0 ? undefined : settle(failures)
  }
  const settle = async (failures: readonly Failure[]): Promise<void> => {
    await Promise.all(failures.map((one) => tryLater(one)))
  }
  /** Resolves when somebody else answers for the message, or, when that is not to be had, it was consumed here after all. */
  const tryLater = async (failure: Failure): Promise<void> => {
    onFailed(failure)
    const { message, delayLevel } = failure
    if (core.settings.broadcasting) return dropped(core, message)
    try {
      await giveBack.give(message, delayLevel)
    } catch (error) {
      core.events.emit('problem', { error: error as ClientError })
      await new Promise<void>((resolve) => clock.after(localRetryMs, resolve))
      await consume([message])
    }
  }
  return new Dispatcher(concurrency, { handlers, consume })
}

/** There is no retry in broadcasting: the message would go to all members again. */
export function dropped(core: ConsumerCore, { msgId, reconsumeTimes }: ReceivedMessage): void {
  const problem = 'a message of a broadcasting consumer failed and is dropped'
  core.instance.logger.warn({ msgId, reconsumeTimes }, problem)
}
