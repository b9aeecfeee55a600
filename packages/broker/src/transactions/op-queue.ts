import { asBuffer, recordLayout, TopicName } from '@mq/protocol'
import type { Logger } from '@mq/io'
import type { GetResult, HostAddress, MessageStore, MessageToStore } from '@mq/store'
import { transactionQueueId } from './half-message.js'
import type { HalfStates } from './half-states.js'

/** Hash of the tag `d`, which all op messages have. */
const opTagsCode = 'd'.charCodeAt(0)
const isOp = (tagsCode: number): boolean => tagsCode === opTagsCode

/** Asked for in one go; the store has limits of its own. */
const batchMax = 1024
/** After so many batches others get their turn. */
const batchesPerTurn = 32

/**
 * Says that a half message has ended (`addRemoveTagInTransactionOp`, 4.7.1). It lies behind the committed message in the
 * log: where it is, that one is.
 */
export const opMessage = (halfOffset: number, storeHost: HostAddress, nowMs: number): MessageToStore => ({
  topic: TopicName.TRANSACTION_OP_HALF,
  queueId: transactionQueueId,
  flag: 0,
  sysFlag: 0,
  bornTimestamp: nowMs,
  bornHost: storeHost,
  storeHost,
  reconsumeTimes: 0,
  preparedTransactionOffset: 0,
  body: Buffer.from(String(halfOffset)),
  properties: 'WAIT\u0001true\u0002TAGS\u0001d\u0002',
  tagsCode: opTagsCode,
})

/** Op messages read together: done with when the half messages they name are. */
interface Batch {
  /** Offset behind the last one. */
  end: number
  highestHalf: number
}

/** Reads op messages in order, each once, and tells the states of half messages. */
export class OpQueue {
  #next = 0
  #done = 0
  readonly #open: Batch[] = []

  constructor(
    private readonly ports: { store: MessageStore; logger: Logger; pause: () => Promise<void>; closed: () => boolean },
    private readonly states: HalfStates,
  ) {}

  start(offset: number): void {
    this.#next = this.#done = offset
  }

  /** Reads all there is. */
  async catchUp(): Promise<void> {
    const { store, pause, closed } = this.ports
    for (let batches = 1; !closed(); batches++) {
      if (this.#next >= store.maxOffset(TopicName.TRANSACTION_OP_HALF, transactionQueueId)) return
      const read = store.get({
        topic: TopicName.TRANSACTION_OP_HALF,
        queueId: transactionQueueId,
        queueOffset: this.#next,
        maxMessages: batchMax,
        matches: isOp,
      })
      this.#take(read instanceof Promise ? await read : read)
      if (batches % batchesPerTurn === 0) await pause()
    }
  }

  /** Op messages before this offset are of no use any more, when half messages before `position` are done with. */
  doneBefore(position: number): number {
    while (this.#open.length > 0 && this.#open[0]!.highestHalf < position) this.#done = this.#open.shift()!.end
    return this.#done
  }

  #take({ pieces, nextOffset }: GetResult): void {
    let highestHalf = -1
    for (const piece of pieces) {
      for (let at = 0; at < piece.length;) {
        const { size, bodyAt, bodySize } = recordLayout(piece, at)
        for (const half of asBuffer(piece)
          .toString('latin1', bodyAt, bodyAt + bodySize)
          .split(',')) {
          if (half !== '') highestHalf = Math.max(highestHalf, this.#found(half))
        }
        at += size
      }
    }
    this.#next = Math.max(nextOffset, this.#next + 1)
    this.#open.push({ end: this.#next, highestHalf })
  }

  /** 4.7.1 writes one offset into an op message, 5.x several with a comma behind each. */
  #found(text: string): number {
    const offset = /^\d{1,15}$/.test(text) ? Number(text) : -1
    if (offset >= 0 && offset < this.ports.store.maxOffset(TopicName.TRANSACTION_HALF, transactionQueueId)) {
      this.states.opFound(offset)
      return offset
    }
    this.ports.logger.warn(
      { half: text.slice(0, 40), near: this.#next },
      `an op message near offset ${this.#next} names half message '${text.slice(0, 40)}', which is not there: passed over`,
    )
    return -1
  }
}
