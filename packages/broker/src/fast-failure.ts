import type { Clock, Logger } from '@mq/io'
import { RequestCode, ResponseCode, type Answer } from '@mq/protocol'
import type { BrokerState, RunningConfig } from './broker-state.js'
import type { Lane } from './flow-control.js'

/** Requests of one kind: what they may wait for, and how long. */
interface Kind {
  readonly what: string
  /** How long one may have waited for its turn, ms. */
  readonly turnMsMax: (config: RunningConfig) => number
  /** Those that wait for the disk, how long it may let none of them go on, ms, and what the answer begins with then. */
  readonly disk?: {
    readonly lane: (broker: BrokerState) => Lane
    readonly stillMsMax: (config: RunningConfig) => number
    readonly tag: string
  }
}

const timeout = 'TIMEOUT_CLEAN_QUEUE'
/** A busy page cache holds up an append, a flush may take longer: Apache's sends wait five seconds for it. */
const flushMs = 3000

const send: Kind = {
  what: 'sends',
  turnMsMax: (config) => config.waitTimeMillsInSendQueue,
  disk: {
    lane: ({ sends }) => sends,
    stillMsMax: (config) => config.osPageCacheBusyTimeOutMills + flushMs,
    tag: 'PCBUSY_CLEAN_QUEUE',
  },
}

const pull: Kind = {
  what: 'pulls',
  turnMsMax: (config) => config.waitTimeMillsInPullQueue,
  disk: { lane: ({ reads }) => reads, stillMsMax: (config) => config.waitTimeMillsInPullQueue, tag: timeout },
}

const endOfTransaction: Kind = {
  what: 'ends of transactions',
  turnMsMax: (config) => config.waitTimeMillsInTransactionQueue,
  disk: { lane: ({ ends }) => ends, stillMsMax: (config) => config.waitTimeMillsInTransactionQueue, tag: timeout },
}

const heartbeat: Kind = { what: 'heartbeats', turnMsMax: (config) => config.waitTimeMillsInHeartbeatQueue }

const kinds: ReadonlyMap<number, Kind> = new Map([
  [RequestCode.SEND_MESSAGE, send],
  [RequestCode.SEND_MESSAGE_V2, send],
  [RequestCode.SEND_BATCH_MESSAGE, send],
  [RequestCode.CONSUMER_SEND_MSG_BACK, send],
  [RequestCode.PULL_MESSAGE, pull],
  [RequestCode.LITE_PULL_MESSAGE, pull],
  [RequestCode.END_TRANSACTION, endOfTransaction],
  [RequestCode.HEART_BEAT, heartbeat],
])

/** The clock is looked at once for so many requests of a turn. */
const sampledRequests = 16
/** A log line at most so often, ms. */
const logEveryMs = 10_000

/**
 * Refuses requests that would have to wait too long, before anything is done for them (`BrokerFastFailure`, 4.7.1). On one
 * event loop two things wait: what came with a turn waits for those handled before it, and what is handled waits for the
 * disk. A request refused has left no trace; one that is taken is never given up here.
 */
export class FastFailure {
  #turnRequests = 0
  #turnStartMs = 0
  #nowMs = 0
  #loggedMs = -Infinity
  readonly #endTurn = () => {
    this.#turnRequests = 0
  }

  constructor(
    private readonly broker: BrokerState,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /** The check for requests of a code: undefined for a code that is never refused, else undefined or the answer. */
  checkOf(code: number): (() => Answer | undefined) | undefined {
    const kind = kinds.get(code)
    return kind && (() => this.#refusalOf(kind))
  }

  #refusalOf(kind: Kind): Answer | undefined {
    const { config } = this.broker
    if (!config.brokerFastFailureEnable) return undefined
    this.#lookAtClock()
    const turnMs = this.#nowMs - this.#turnStartMs
    if (turnMs > kind.turnMsMax(config)) return this.#refusal(kind, timeout, turnMs, 'their turn')
    if (kind.disk === undefined) return undefined
    const stillMs = kind.disk.lane(this.broker).stillMs(this.#nowMs)
    return stillMs > kind.disk.stillMsMax(config) ? this.#refusal(kind, kind.disk.tag, stillMs, 'the disk') : undefined
  }

  #lookAtClock(): void {
    const isFirst = this.#turnRequests === 0
    if (this.#turnRequests++ % sampledRequests === 0) this.#nowMs = this.clock.monotonic()
    if (!isFirst) return
    this.#turnStartMs = this.#nowMs
    this.clock.endOfTurn(this.#endTurn)
  }

  /** SYSTEM_BUSY in the words clients and operators of RocketMQ look for, and then what is busy. */
  #refusal(kind: Kind, tag: string, waitedMs: number, waitsFor: string): Answer {
    const period = `period in queue: ${Math.round(waitedMs)}ms, size of queue: ${kind.disk?.lane(this.broker).inFlight ?? 0}`
    const remark = `[${tag}]broker busy, start flow control for a while, ${period}; ${kind.what} wait for ${waitsFor}`
    if (this.#nowMs - this.#loggedMs >= logEveryMs) {
      this.#loggedMs = this.#nowMs
      this.logger.warn({ kind: kind.what, waitedMs }, `${kind.what} are refused for now: ${remark}`)
    }
    return { code: ResponseCode.SYSTEM_BUSY, remark }
  }
}
