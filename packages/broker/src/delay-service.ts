import type { Clock, Logger, Timer } from '@mq/io'
import {
  MessageProperty,
  propertyOf,
  recordsIn,
  TopicName,
  transactionType,
  TransactionType,
  withProperty,
  writePrettyFastjson,
  type MessageRecord,
} from '@mq/protocol'
import type { Arrival, MessageStore, MessageToStore } from '@mq/store'
import { ConfigDocument } from './config-document.js'
import { asRecord, integerOr } from './loose-json.js'

/** Entries looked at in one go. */
const batchMax = 64
/** Wait after the store refused a delivery, ms (`DELAY_FOR_A_PERIOD`). */
const refusedWaitMs = 10_000
/** Longest single timer, ms: beyond it, timers of Node overflow. */
const timerMaxMs = 2 ** 31 - 1

/** One delay level: a queue of SCHEDULE_TOPIC_XXXX, read in order. */
interface Level {
  readonly level: number
  readonly delayMs: number
  /** Next entry to look at. */
  offset: number
  /** What may be written down: entries before it are delivered, and their copies are acknowledged by the store. */
  safeOffset: number
  timer: Timer | undefined
  running: boolean
  /** Something arrived while it ran. */
  again: boolean
}

/**
 * Messages for later (`ScheduleMessageService`, 4.7.1): kept in SCHEDULE_TOPIC_XXXX, one queue a delay level, copied to
 * their own topic when due. All of a level wait equally long, so its queue is in order and one timer for its head is all
 * that runs.
 */
export class DelayService {
  readonly #levels: readonly Level[]
  readonly #document: ConfigDocument
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #store: MessageStore
  #flushTimer: Timer | undefined
  #stopArrivals: (() => void) | undefined
  #closed = false

  constructor(
    ports: { store: MessageStore; clock: Clock; logger: Logger },
    /** Delay of level 1, 2, …, ms. */
    readonly delaysMs: readonly number[],
    /** How often progress is written, ms (`flushDelayOffsetInterval`). */
    private readonly flushMs: number,
  ) {
    this.#store = ports.store
    this.#clock = ports.clock
    this.#logger = ports.logger
    this.#levels = delaysMs.map((delayMs, i) => ({
      level: i + 1,
      delayMs,
      offset: 0,
      safeOffset: 0,
      timer: undefined,
      running: false,
      again: false,
    }))
    this.#document = new ConfigDocument({ ...ports, documents: ports.store.documents }, 'delayOffset.json', () =>
      writePrettyFastjson({ offsetTable: this.progress() }),
    )
  }

  /** Turns a message with a DELAY property into the one that waits in its place; leaves others as they are. */
  schedule(message: MessageToStore & { properties: string }): MessageToStore {
    const asked = propertyOf(message.properties, MessageProperty.DELAY)
    if (asked === undefined) return message
    const level = Math.min(Number(asked), this.#levels.length)
    const kind = transactionType(message.sysFlag)
    if (!(level >= 1) || (kind !== TransactionType.NONE && kind !== TransactionType.COMMIT)) return message
    const { delayMs } = this.#levels[Math.floor(level) - 1]!
    const named = withProperty(message.properties, MessageProperty.REAL_TOPIC, message.topic)
    return {
      ...message,
      topic: TopicName.SCHEDULE,
      queueId: Math.floor(level) - 1,
      properties: withProperty(named, MessageProperty.REAL_QUEUE_ID, String(message.queueId)),
      tagsCode: this.#clock.now() + delayMs,
    }
  }

  /** Takes up where the last run stopped. */
  start(): void {
    const stored = asRecord(asRecord(this.#document.read()).offsetTable)
    for (const level of this.#levels) {
      const offset = integerOr(stored[level.level], 0)
      level.offset = level.safeOffset = Math.min(offset, this.#store.maxOffset(TopicName.SCHEDULE, level.level - 1))
      this.#run(level)
    }
    this.#stopArrivals = this.#store.onArrival((arrivals) => this.#arrived(arrivals))
    this.#flushTimer = this.#clock.every(this.flushMs, () => this.#document.flush())
  }

  /** Progress by level, of the levels that were ever used, as code 45 answers it. */
  progress(): Map<number, number> {
    const used = this.#levels.filter(
      ({ level, safeOffset }) => safeOffset > 0 || this.#store.maxOffset(TopicName.SCHEDULE, level - 1) > 0,
    )
    return new Map(used.map(({ level, safeOffset }) => [level, safeOffset]))
  }

  /** Stops delivering; what is due meanwhile is delivered after the next start. */
  close(): void {
    this.#closed = true
    this.#stopArrivals?.()
    this.#flushTimer?.cancel()
    for (const level of this.#levels) level.timer?.cancel()
    this.#document.flush()
  }

  #arrived(arrivals: readonly Arrival[]): void {
    for (const arrival of arrivals) {
      if (arrival.topic !== TopicName.SCHEDULE) continue
      const level = this.#levels[arrival.queueId]
      // A level with a timer waits for its head, and what arrived comes behind it.
      if (level !== undefined && level.timer === undefined) this.#run(level)
    }
  }

  #run(level: Level): void {
    level.again = true
    if (level.running || this.#closed) return
    level.running = true
    void this.#deliverAll(level)
  }

  async #deliverAll(level: Level): Promise<void> {
    try {
      while (level.again && !this.#closed) {
        level.again = false
        await this.#deliverDue(level)
      }
    } catch (error) {
      this.#logger.error(
        { error, level: level.level },
        `delay level ${level.level} stopped at offset ${level.offset}: ${String(error)}; the next try is in ${refusedWaitMs} ms`,
      )
      this.#runIn(level, refusedWaitMs)
    } finally {
      // Together with the last look at `again`: what arrives from now on runs anew.
      level.running = false
    }
  }

  /** Delivers what is due, then sets the timer for what is next. */
  async #deliverDue(level: Level): Promise<void> {
    const queueId = level.level - 1
    level.offset = Math.max(level.offset, this.#store.minOffset(TopicName.SCHEDULE, queueId))
    for (;;) {
      const entries = await this.#store.entries(TopicName.SCHEDULE, queueId, level.offset, batchMax)
      if (entries.length === 0 || this.#closed) return
      const nowMs = this.#clock.now()
      const waits = entries.findIndex((entry) => waitMs(entry.tagsCode, level, nowMs) > 0)
      const due = waits < 0 ? entries.length : waits
      if (due > 0 && !(await this.#deliver(level, due))) return
      if (waits >= 0) return this.#runIn(level, waitMs(entries[waits]!.tagsCode, level, nowMs))
    }
  }

  /** Copies the next `count` messages to their topics. False when the store refused. */
  async #deliver(level: Level, count: number): Promise<boolean> {
    const end = level.offset + count
    while (level.offset < end && !this.#closed) {
      const from = level.offset
      const result = await this.#store.get({
        topic: TopicName.SCHEDULE,
        queueId: level.level - 1,
        queueOffset: from,
        maxMessages: end - from,
      })
      for (const piece of result.pieces) {
        for (const record of recordsIn(piece)) {
          // In place of records that are damaged the store gives those behind, whose time has not come.
          if (record.queueOffset >= end) break
          if (!this.#deliverOne(level, record)) return false
        }
      }
      // Records that retention took meanwhile, and damaged ones at the end, are passed over.
      if (level.offset === from) level.offset = Math.min(end, Math.max(result.nextOffset, from + 1))
    }
    return true
  }

  #deliverOne(level: Level, record: MessageRecord): boolean {
    const message = this.#messageOf(record)
    const result = message && this.#store.append(message)
    if (result !== undefined && !result.ok && result.reason === 'SERVICE_NOT_AVAILABLE') {
      this.#runIn(level, refusedWaitMs)
      return false
    }
    if (result !== undefined && !result.ok) {
      this.#logger.error(
        { topic: message!.topic, commitLogOffset: record.commitLogOffset },
        `a delayed message for ${message!.topic} is left in ${TopicName.SCHEDULE}: ${result.message}`,
      )
    }
    const next = (level.offset = record.queueOffset + 1)
    if (result?.ok)
      this.#store.whenAcknowledged(result.endOffset, true, (status) => status === 'OK' && this.#safe(level, next))
    else this.#safe(level, next)
    return true
  }

  #safe(level: Level, offset: number): void {
    level.safeOffset = Math.max(level.safeOffset, offset)
    this.#document.markDirty()
  }

  /** The message as it is to be in its own topic; undefined when the record does not say which. */
  #messageOf(record: MessageRecord): MessageToStore | undefined {
    const topic = propertyOf(record.properties, MessageProperty.REAL_TOPIC)
    const queueId = Number(propertyOf(record.properties, MessageProperty.REAL_QUEUE_ID))
    // A half message has no place in a delay level; delivering it would make an uncommitted message visible.
    if (topic === undefined || !Number.isSafeInteger(queueId) || topic === TopicName.TRANSACTION_HALF) {
      this.#logger.error(
        { commitLogOffset: record.commitLogOffset },
        `a record of ${TopicName.SCHEDULE} names no topic and queue to go to and is passed over`,
      )
      return undefined
    }
    return {
      topic,
      queueId,
      flag: record.flag,
      sysFlag: record.sysFlag,
      bornTimestamp: record.bornTimestamp,
      bornHost: record.bornHost,
      reconsumeTimes: record.reconsumeTimes,
      preparedTransactionOffset: record.preparedTransactionOffset,
      body: record.body,
      properties: record.properties,
    }
  }

  #runIn(level: Level, delayMs: number): void {
    if (this.#closed) return
    level.timer?.cancel()
    level.timer = this.#clock.after(Math.min(delayMs, timerMaxMs), () => {
      level.timer = undefined
      this.#run(level)
    })
  }
}

/** Ms until an entry is due. One due later than its level waits was written under another clock: it is due now. */
function waitMs(deliverAtMs: number, level: Level, nowMs: number): number {
  const wait = deliverAtMs - nowMs
  return wait > level.delayMs ? 0 : wait
}
