import type { Timer } from '@mq/io'
import { decodeMessageId, markOneway, MessageProperty, ResponseCode, TransactionType } from '@mq/protocol'
import type { CheckTransactionState } from '../client-instance/group-member.js'
import { addressOf } from '../client-instance/topic-route.js'
import { ClientError, fromRemotingError, fromResponse } from '../errors.js'
import { keysOf, type Message } from '../producer/message.js'
import { Producer } from '../producer/producer.js'
import type { ProducerOptions, SendOptions } from '../producer/producer-options.js'
import type { SendResult } from '../producer/send-result.js'
import type { ReceivedMessage } from '../received-message.js'
import type { EndedTransaction } from '../trace/send-tracer.js'
import { within } from '../within.js'
import { endTransaction, type HalfMessage, type TransactionState } from './end-transaction.js'

/** How a local transaction ended; nothing is `commit`. */
export type TransactionOutcome = TransactionState | void

/** What the local transaction is told. */
export interface Transaction {
  /** The same in `send`'s result, in the check and at the consumer: note it with what the transaction does. */
  readonly transactionId: string
  /** Where the half message is. */
  readonly half: SendResult
}

/** Runs the local transaction. What it throws rolls the message back; a crash leaves it to the check. */
export type LocalTransaction = (transaction: Transaction) => TransactionOutcome | Promise<TransactionOutcome>

/** Says how the transaction of a half message ended, of which its broker has heard nothing. What it throws counts as `unknown`. */
export type TransactionCheck = (message: ReceivedMessage) => TransactionState | Promise<TransactionState>

export interface TransactionProducerOptions extends ProducerOptions {
  /** Asked for any message of the group, also those of producers that have died. */
  check: TransactionCheck
  /** Checks at the same time; the broker asks again about those beyond. Default 100. */
  checksMax?: number
}

export interface TransactionOptions extends SendOptions {
  /** Seconds until the broker asks first. Default: the broker's `transactionTimeOut`, 6 s. */
  checkImmunitySeconds?: number
}

export interface TransactionSendResult extends SendResult {
  transactionId: string
  state: TransactionState
}

/** As often as routes are asked for. */
const meetPeriodMs = 30_000

/**
 * Sends messages that are seen when, and only when, a transaction of the application's has succeeded.
 *
 *     const producer = new TransactionProducer({ namesrv, group: 'Orders', check: async ({ keys }) =>
 *       (await db.has(keys[0])) ? 'commit' : 'rollback' })
 *     await producer.start()
 *     await producer.sendInTransaction({ topic: 'Orders', body, keys: id }, () => db.insert(id))
 */
export class TransactionProducer extends Producer {
  readonly #check: TransactionCheck
  readonly #checksMax: number
  readonly #checking = new Set<string>()
  readonly #running = new Set<Promise<unknown>>()
  #meeting: Timer | undefined

  /** Throws `OPTION_INVALID`. Connects to nothing yet. */
  constructor(options: TransactionProducerOptions) {
    super(checked(options))
    this.#check = options.check
    this.#checksMax = options.checksMax ?? 100
    this.member.checkTransaction = (message, check, address) => this.#answerCheck(message, check, address)
  }

  /**
   * As that of a producer. From then on every broker knows this one, and may ask it about transactions of others of its
   * group that have died, also when it sends nothing.
   */
  override async start(options: { signal?: AbortSignal } = {}): Promise<this> {
    await super.start(options)
    this.checkStarted()
    this.#meeting ??= this.context.instance.io.clock.every(meetPeriodMs, () => void this.#meetBrokers(), 0)
    return this
  }

  async #meetBrokers(): Promise<void> {
    const { routes, heartbeats, logger } = this.context.instance
    try {
      heartbeats.tellToo(await routes.masters())
    } catch (error) {
      logger.warn({ error: (error as Error).message }, 'brokers to be known to could not be asked for')
    }
  }

  /**
   * Stores the message unseen, runs the local transaction, and makes the message seen or forgets it. Rejects with what the
   * local transaction threw, after it was rolled back; with `TRANSACTION_ROLLED_BACK` when the broker would not vouch for
   * the half message and the local transaction was therefore not run; else as `send` does.
   */
  sendInTransaction(
    message: Message,
    local: LocalTransaction,
    options: TransactionOptions = {},
  ): Promise<TransactionSendResult> {
    const run = this.#run(message, local, options)
    this.#running.add(run)
    const done = () => this.#running.delete(run)
    run.then(done, done)
    return run
  }

  /** Local transactions that run are waited for too. */
  protected override async finish(timeoutMs: number): Promise<void> {
    this.#meeting?.cancel()
    const { clock } = this.context.instance.io
    const startedMs = clock.monotonic()
    if (this.#running.size > 0) await within(clock, timeoutMs, Promise.allSettled(this.#running))
    await super.finish(Math.max(1, timeoutMs - (clock.monotonic() - startedMs)))
  }

  async #run(message: Message, local: LocalTransaction, options: TransactionOptions): Promise<TransactionSendResult> {
    const half = await this.#sendHalf(message, options)
    const transactionId = half.msgId
    if (half.status !== 'SEND_OK') {
      await this.#end(message, half, 'rollback')
      const problem = `the half message to ${message.topic} was stored with ${half.status} and rolled back`
      throw new ClientError('TRANSACTION_ROLLED_BACK', problem, { topic: message.topic })
    }
    let state: TransactionState
    try {
      state = checkedState((await local({ transactionId, half })) ?? 'commit')
    } catch (error) {
      await this.#end(message, half, 'rollback', `the local transaction threw ${said(error)}`)
      throw error
    }
    await this.#end(message, half, state)
    return { ...half, transactionId, state }
  }

  async #sendHalf(message: Message, options: TransactionOptions): Promise<SendResult> {
    const { checkImmunitySeconds, ...sendOptions } = options
    if (message.delayLevel)
      throw new ClientError('MESSAGE_INVALID', 'a message in a transaction cannot be delayed', { topic: message.topic })
    const properties: Record<string, string> = {
      [MessageProperty.TRANSACTION_PREPARED]: 'true',
      [MessageProperty.PRODUCER_GROUP]: this.context.settings.brokerGroup,
    }
    if (checkImmunitySeconds !== undefined)
      properties[MessageProperty.CHECK_IMMUNITY_TIME] = String(checkImmunitySeconds)
    return this.deliver(message, sendOptions, { properties, alone: true, sysFlag: TransactionType.PREPARED })
  }

  /** A broker that does not hear this asks later, so a failure is only logged. Not tried twice: a second commit is a second message. */
  async #end(message: Message, half: SendResult, state: TransactionState, why?: string): Promise<void> {
    const { instance, settings } = this.context
    const what = `${state} of transaction ${half.msgId}`
    try {
      const command = endTransaction(this.#halfOf(half), state, false, why)
      const address = this.#addressOf(half)
      const { topic, tags } = message
      const { msgId } = half
      this.#trace({ topic, tags, msgId, keys: keysOf(message), address, state, fromTransactionCheck: false })
      // Of what is unknown brokers take note and do not answer.
      if (state === 'unknown') return await instance.remoting.send(address, markOneway(command))
      const response = await instance.remoting.call(address, command, { timeoutMs: settings.timeout })
      if (response.code !== ResponseCode.SUCCESS) throw fromResponse(response, what, { address })
    } catch (error) {
      const problem = fromRemotingError(error, what).message
      instance.logger.warn({ transactionId: half.msgId, error: problem }, `${what} failed: its broker will ask`)
    }
  }

  #trace(ended: Omit<EndedTransaction, 'transactionId'>): void {
    this.context.trace?.ended({ ...ended, transactionId: ended.msgId })
  }

  #halfOf(half: SendResult): HalfMessage {
    return {
      producerGroup: this.context.settings.brokerGroup,
      queueOffset: half.queueOffset,
      commitLogOffset: decodeMessageId(half.offsetMsgId).commitLogOffset,
      msgId: half.msgId,
      transactionId: half.msgId,
    }
  }

  #addressOf({ queue: { topic, brokerName } }: SendResult): string {
    const { instance, names } = this.context
    const route = instance.routes.known(names?.name(topic) ?? topic)
    const address = route && addressOf(route, brokerName)
    if (address !== undefined) return address
    throw new ClientError('NO_MASTER', `the broker ${brokerName} has no live master`, { topic })
  }

  #answerCheck(message: ReceivedMessage, check: CheckTransactionState, address: string): void {
    const { msgId } = message
    if (this.#checking.has(msgId) || this.#checking.size >= this.#checksMax) return
    this.#checking.add(msgId)
    void this.#checkAndEnd(message, check, address).finally(() => this.#checking.delete(msgId))
  }

  async #checkAndEnd(message: ReceivedMessage, check: CheckTransactionState, address: string): Promise<void> {
    const { instance, settings } = this.context
    const { msgId, topic } = message
    let state: TransactionState = 'unknown'
    let why: string | undefined
    try {
      state = checkedState(await this.#check(message))
    } catch (error) {
      why = `the check threw ${said(error)}`
      instance.logger.warn({ msgId, topic, error }, `the check of transaction ${msgId} failed; the broker asks again`)
    }
    const half: HalfMessage = {
      producerGroup: settings.brokerGroup,
      queueOffset: check.tranStateTableOffset,
      commitLogOffset: check.commitLogOffset,
      msgId,
      transactionId: check.transactionId ?? msgId,
    }
    const command = markOneway(endTransaction(half, state, true, why))
    const { tags, keys } = message
    this.#trace({ topic, tags, msgId, keys, address, state, fromTransactionCheck: true })
    await instance.remoting.send(address, command).catch((error: Error) => {
      instance.logger.warn({ msgId, error: error.message }, `${address} did not hear how transaction ${msgId} ended`)
    })
  }
}

/** Before anything is made that would have to be let go. */
function checked(options: TransactionProducerOptions): TransactionProducerOptions {
  if (typeof options.check === 'function') return options
  throw new ClientError('OPTION_INVALID', "option 'check' must be a function that says how a transaction ended")
}

function checkedState(state: TransactionState): TransactionState {
  if (state === 'commit' || state === 'rollback' || state === 'unknown') return state
  throw new ClientError(
    'OPTION_INVALID',
    `a transaction ends with 'commit', 'rollback' or 'unknown', not with ${JSON.stringify(state)}`,
  )
}

const said = (error: unknown): string => (error instanceof Error ? error.message : String(error))
