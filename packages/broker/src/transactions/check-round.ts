import {
  MessageProperty,
  propertyOf,
  recordsIn,
  TopicName,
  type MessageRecord,
  type RemotingCommand,
} from '@mq/protocol'
import type { AcknowledgedStatus, AppendResult, MessageToStore } from '@mq/store'
import type { BrokerState } from '../broker-state.js'
import { ensureTransactionTopic } from '../topic-creation.js'
import { checkRequest } from './check-request.js'
import {
  checkedCopy,
  checkTimesOf,
  destinationOf,
  givenUpMessage,
  immuneCopy,
  transactionQueueId,
} from './half-message.js'
import type { HalfStates } from './half-states.js'
import { verdictOn } from './verdict.js'

/** Half messages looked at in one go; what becomes of them is made to last together. */
const batchMax = 32

type WithText = MessageToStore & { properties: string }

interface Question {
  /** Of the copy. */
  offset: number
  group: string
  command: RemotingCommand
}

/**
 * One pass over the half messages that are in the queue when it begins. Each that is still open is written to the end of the
 * queue once more, so that all before it are done with, and its producers are asked about that copy.
 */
export class CheckRound {
  #questions: Question[] = []
  /** Where the last message written by this batch ends. */
  #endOffset: number | undefined
  readonly #groupsOffline = new Set<string>()

  constructor(
    private readonly broker: BrokerState,
    private readonly states: HalfStates,
    private readonly hooks: {
      closed(): boolean
      /** Brings the states up to date. */
      catchUp(): Promise<void>
      /** All before the position is done with, and that will last. */
      settled(): void
    },
  ) {}

  async run(): Promise<void> {
    const end = this.broker.store.maxOffset(TopicName.TRANSACTION_HALF, transactionQueueId)
    let goesOn = true
    while (goesOn) {
      await this.hooks.catchUp()
      this.states.passTo(this.states.firstOpen(end))
      if (this.states.position >= end || this.hooks.closed()) goesOn = false
      else goesOn = await this.#lookAtBatch(end)
      if (!(await this.#settle())) return
    }
  }

  /** False when the rest has to wait for another round. */
  async #lookAtBatch(end: number): Promise<boolean> {
    const { pieces, nextOffset } = await this.broker.store.get({
      topic: TopicName.TRANSACTION_HALF,
      queueId: transactionQueueId,
      queueOffset: this.states.position,
      maxMessages: batchMax,
    })
    for (const piece of pieces) {
      for (const half of recordsIn(piece)) {
        if (half.queueOffset >= end || !this.#lookAt(half)) return false
        this.states.passTo(half.queueOffset + 1)
      }
    }
    // Records that retention took meanwhile are passed over.
    if (pieces.length === 0) this.states.passTo(Math.max(nextOffset, this.states.position + 1))
    return true
  }

  /** False when it, and with it all behind it, has to wait. */
  #lookAt(half: MessageRecord): boolean {
    if (this.states.isEnded(half)) return true
    // Its end, or a copy that an operator asked for, is on the way to the disk.
    if (this.states.isUnderWay(half.queueOffset)) return false
    const verdict = verdictOn(half, this.broker.io.clock.now(), this.broker.config)
    if (verdict === 'ask') return this.#ask(half)
    if (verdict === 'put back') return this.#copy(half, immuneCopy(half)) !== 'refused'
    return verdict === 'give up' && this.#giveUp(half, 'its producers were asked as often as transactionCheckMax says')
  }

  #ask(half: MessageRecord): boolean {
    const to = destinationOf(half)
    if (to === undefined) return this.#giveUp(half, 'it does not say which topic it is for')
    const message = checkedCopy(half, (checkTimesOf(half) ?? 0) + 1)
    const appended = this.#copy(half, message)
    if (appended === 'refused') return false
    if (appended === 'given up') return true
    const group = propertyOf(half.properties, MessageProperty.PRODUCER_GROUP) ?? ''
    const command = checkRequest(half, { message, appended }, to)
    this.#questions.push({ offset: appended.queueOffset, group, command })
    return true
  }

  #copy(half: MessageRecord, message: WithText) {
    const result = this.#append(message)
    if (result.ok) {
      this.states.copied(half.queueOffset, result.queueOffset)
      return result
    }
    if (result.reason === 'SERVICE_NOT_AVAILABLE') return 'refused'
    return this.#giveUp(half, `it could not be written once more: ${result.message}`) ? 'given up' : 'refused'
  }

  #giveUp(half: MessageRecord, cause: string): boolean {
    ensureTransactionTopic(this.broker, TopicName.TRANSACTION_CHECK_MAX_TIME)
    const result = this.#append(givenUpMessage(half))
    if (!result.ok) return false
    this.states.givenUp(half.queueOffset)
    const { commitLogOffset, queueOffset } = half
    this.broker.logger.error(
      { commitLogOffset, queueOffset, movedTo: result.messageId },
      `half message ${queueOffset} is given up, as ${cause}; it is now message ${result.messageId} of ${TopicName.TRANSACTION_CHECK_MAX_TIME}, and can be checked again by RESUME_CHECK_HALF_MESSAGE (323)`,
    )
    return true
  }

  #append(message: MessageToStore): AppendResult {
    const result = this.broker.store.append({ ...message, storeHost: this.broker.storeHost })
    if (result.ok) this.#endOffset = result.endOffset
    return result
  }

  /** Asks only about what will last, as the answer points at it. False when the store does not confirm that. */
  async #settle(): Promise<boolean> {
    const endOffset = this.#endOffset
    const questions = this.#questions
    this.#endOffset = undefined
    this.#questions = []
    if (endOffset !== undefined && (await this.#acknowledged(endOffset)) !== 'OK') return false
    for (const question of questions) this.#put(question)
    this.hooks.settled()
    return true
  }

  #acknowledged(endOffset: number): Promise<AcknowledgedStatus> {
    return new Promise((resolve) => this.broker.store.whenAcknowledged(endOffset, true, resolve))
  }

  #put({ offset, group, command }: Question): void {
    // A late end of the first message ends its copy too.
    if (this.states.isEnding(offset)) return
    const channel = this.broker.producers.nextOf(group)
    if (channel !== undefined) return channel.send(command)
    if (this.#groupsOffline.has(group)) return
    this.#groupsOffline.add(group)
    this.broker.logger.warn(
      { group },
      `no producer of group ${group} is online to be asked about its transactions: the next check is in ${this.broker.config.transactionCheckInterval} ms`,
    )
  }
}
