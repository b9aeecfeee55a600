import { PullSysFlag, ResponseCode, type Answer, type ReceivedCommand } from '@mq/protocol'
import type { Channel } from '@mq/remoting'
import type { GetResult, GetStatus } from '@mq/store'
import type { BrokerState } from '../broker-state.js'
import type { HeldPull } from '../long-polling.js'
import type { Processor } from './processor.js'
import { isBeyondEnd, offsetBehindEnd } from '../offset-correction.js'
import { stopIfFarBehind } from '../slow-groups.js'
import { checkPull, type CheckedPull } from './pull-checks.js'

/** Messages of one answer, whatever the client asks for; the store has limits of its own in bytes. */
const messagesMax = 1024
/** Longest hold, ms: a connection on which nothing moves for two minutes is closed. */
const holdMaxMs = 100_000

interface Pull extends CheckedPull {
  request: ReceivedCommand
  channel: Channel
}

/** PULL_MESSAGE, and LITE_PULL_MESSAGE of 5.x (`PullMessageProcessor`, 4.7.1). */
export const pullMessage: Processor = (broker, request, channel) => {
  if (broker.reads.isFull) return broker.reads.overload()
  const pull: Pull = { ...checkPull(broker, request, channel), request, channel }
  const { header } = pull
  if (header.sysFlag & PullSysFlag.COMMIT_OFFSET) {
    const { topic, consumerGroup, queueId, commitOffset } = header
    if (!isBeyondEnd(broker, topic, queueId, commitOffset))
      broker.offsets.commit(topic, consumerGroup, queueId, commitOffset)
  }
  return run(broker, pull, (header.sysFlag & PullSysFlag.SUSPEND) !== 0)
}

/** Reads; what is in memory is answered at once, the rest later. */
function run(broker: BrokerState, pull: Pull, mayHold: boolean): Answer | undefined {
  const { header } = pull
  const result = broker.store.get({
    topic: header.topic,
    queueId: header.queueId,
    queueOffset: header.queueOffset,
    maxMessages: Math.max(1, Math.min(header.maxMsgNums, messagesMax)),
    ...pull.filter,
  })
  if (!(result instanceof Promise)) return conclude(broker, pull, mayHold, result)
  const { clock } = broker.io
  broker.reads.enter(clock.monotonic())
  const respondWith = (make: () => Answer | undefined) => {
    broker.reads.leave(clock.monotonic())
    respond(broker, pull, make)
  }
  result.then(
    (read) => respondWith(() => conclude(broker, pull, mayHold, read)),
    (error: unknown) =>
      respondWith(() => {
        throw error
      }),
  )
  return undefined
}

function conclude(broker: BrokerState, pull: Pull, mayHold: boolean, result: GetResult): Answer | undefined {
  const { header } = pull
  const code = responseCodeOf(result.status, header.queueOffset)
  // A queue file that is gone has nothing to wait for: the consumer goes on behind it.
  if (code === ResponseCode.PULL_NOT_FOUND && mayHold && result.status !== 'OFFSET_FOUND_NULL')
    return hold(broker, pull)
  if (code === ResponseCode.SUCCESS) {
    broker.stats.get(header.topic, header.consumerGroup, result.messageCount, result.bytes)
    if (broker.config.disableConsumeIfConsumerReadSlowly) stopIfFarBehind(broker, pull.group, result)
  } else broker.stats.pullsMissed++
  return {
    code,
    remark: result.status,
    extFields: {
      suggestWhichBrokerId: String(suggestedBroker(broker, pull, result)),
      nextBeginOffset: String(nextOffset(broker, pull, result)),
      minOffset: String(result.minOffset),
      maxOffset: String(result.maxOffset),
    },
    body: code === ResponseCode.SUCCESS ? result.pieces : undefined,
  }
}

/** Waits for a message, unless one came while the store was read. */
function hold(broker: BrokerState, pull: Pull): Answer | undefined {
  const { topic, queueId, queueOffset, suspendTimeoutMillis } = pull.header
  if (broker.store.maxOffset(topic, queueId) > queueOffset) return run(broker, pull, false)
  const { longPollingEnable, shortPollingTimeMills } = broker.config
  const holdMs = longPollingEnable ? Math.min(Math.max(0, suspendTimeoutMillis), holdMaxMs) : shortPollingTimeMills
  const held = broker.holds.hold({
    topic,
    queueId,
    offset: queueOffset,
    matches: pull.filter.matches,
    looksAt: arrivalProbe(broker, pull),
    deadlineMs: broker.io.clock.monotonic() + holdMs,
    alive: () => pull.channel.open,
    wake: () => respond(broker, pull, () => run(broker, pull, false)),
  })
  if (held) return undefined
  return {
    code: ResponseCode.SYSTEM_BUSY,
    remark: `[OVERLOAD]system busy, start flow control for a while: ${broker.holds.limit} pulls wait for messages already`,
  }
}

/**
 * Would an arrival be given out? Undefined without a filter by properties. One look goes along all that has arrived, so a
 * group of arrivals costs one, and what was looked at is not looked at again.
 */
function arrivalProbe(broker: BrokerState, { header, filter }: Pull): HeldPull['looksAt'] {
  if (filter.matchesRecord === undefined) return undefined
  const { topic, queueId } = header
  let seenTo = header.queueOffset
  return ({ queueOffset }) => {
    if (queueOffset < seenTo) return false
    const result = broker.store.get({ topic, queueId, queueOffset, maxMessages: 1, ...filter })
    if (result instanceof Promise) {
      // It has left the memory already: the pull itself reads it.
      result.catch(() => {})
      return true
    }
    seenTo = result.nextOffset
    return result.status !== 'NO_MATCHED_MESSAGE'
  }
}

/** Answers a pull whose handler has returned; nothing may escape into the store that woke it. */
function respond(broker: BrokerState, pull: Pull, make: () => Answer | undefined): void {
  try {
    const answer = make()
    if (answer !== undefined) pull.channel.answer(pull.request, answer)
  } catch (error) {
    const { topic, queueId, queueOffset } = pull.header
    broker.logger.error(
      { error, topic, queueId, queueOffset },
      `pull of ${topic} queue ${queueId} failed: ${String(error)}`,
    )
    pull.channel.answer(pull.request, {
      code: ResponseCode.SYSTEM_ERROR,
      remark: `queue ${queueId} of ${topic} could not be read at offset ${queueOffset}; the broker's log says why`,
    })
  }
}

const codes: Record<GetStatus, number> = {
  FOUND: ResponseCode.SUCCESS,
  NO_MATCHED_MESSAGE: ResponseCode.PULL_RETRY_IMMEDIATELY,
  MESSAGE_WAS_REMOVING: ResponseCode.PULL_RETRY_IMMEDIATELY,
  OFFSET_FOUND_NULL: ResponseCode.PULL_NOT_FOUND,
  OFFSET_OVERFLOW_ONE: ResponseCode.PULL_NOT_FOUND,
  OFFSET_OVERFLOW_BADLY: ResponseCode.PULL_OFFSET_MOVED,
  OFFSET_TOO_SMALL: ResponseCode.PULL_OFFSET_MOVED,
  NO_MATCHED_LOGIC_QUEUE: ResponseCode.PULL_OFFSET_MOVED,
  NO_MESSAGE_IN_QUEUE: ResponseCode.PULL_OFFSET_MOVED,
}

/** A queue that was never written has its offset 0, and only that. */
function responseCodeOf(status: GetStatus, requestedOffset: number): number {
  const empty = status === 'NO_MATCHED_LOGIC_QUEUE' || status === 'NO_MESSAGE_IN_QUEUE'
  return empty && requestedOffset === 0 ? ResponseCode.PULL_NOT_FOUND : codes[status]
}

const nextOffset = (broker: BrokerState, { header }: Pull, result: GetResult): number =>
  result.status === 'OFFSET_OVERFLOW_BADLY' ? offsetBehindEnd(broker, header, result) : result.nextOffset

function suggestedBroker(broker: BrokerState, pull: Pull, result: GetResult): number {
  if (!broker.config.slaveReadEnable) return 0
  return result.readFromDisk ? pull.group.whichBrokerWhenConsumeSlowly : pull.group.brokerId
}
