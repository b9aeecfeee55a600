import {
  decodeRecord,
  endTransactionRequest,
  MessageProperty,
  offsetMessageId,
  propertyOf,
  ResponseCode,
  TopicName,
  TransactionType,
  type Answer,
  type HeaderOf,
  type MessageRecord,
} from '@mq/protocol'
import { ResponseError } from '@mq/remoting'
import type { GetResult } from '@mq/store'
import { refusal, success } from '../answers.js'
import type { BrokerState } from '../broker-state.js'
import { committedMessage, destinationOf, transactionQueueId } from '../transactions/half-message.js'
import { opMessage } from '../transactions/op-queue.js'
import type { Processor } from './processor.js'
import { requireAppended, storeFailed } from './send-outcome.js'

type EndHeader = HeaderOf<typeof endTransactionRequest>

type Done = (answer: Answer) => void

/**
 * END_TRANSACTION (`EndTransactionProcessor`, 4.7.1): the producer commits a half message, rolls it back, or does not know
 * yet. Clients send it one way, and learn nothing of a refusal: the log has it.
 */
export const endTransaction: Processor = (broker, request, channel) => {
  const header = endTransactionRequest.decode(request.extFields)
  const { tranStateTableOffset, commitOrRollback } = header
  // It will be asked again.
  if (commitOrRollback === TransactionType.NONE) return success
  requireOutcome(commitOrRollback)
  if (broker.ends.isFull) return broker.ends.overload()
  const read = broker.store.get({
    topic: TopicName.TRANSACTION_HALF,
    queueId: transactionQueueId,
    queueOffset: tranStateTableOffset,
    maxMessages: 1,
  })
  if (read instanceof Promise) return endFromDisk(broker, header, read)
  const half = namedHalf(read, header)
  if (half === undefined) return refuseUnfound(broker, header)
  endHalf(broker, header, half, (answer) => channel.answer(request, answer))
  return undefined
}

async function endFromDisk(broker: BrokerState, header: EndHeader, read: Promise<GetResult>): Promise<Answer> {
  const half = namedHalf(await read, header)
  if (half === undefined) return refuseUnfound(broker, header)
  return new Promise((resolve) => endHalf(broker, header, half, resolve))
}

function requireOutcome(commitOrRollback: number): void {
  if (commitOrRollback === TransactionType.COMMIT || commitOrRollback === TransactionType.ROLLBACK) return
  throw refusal(
    ResponseCode.SYSTEM_ERROR,
    `commitOrRollback ${commitOrRollback} is no end of a transaction: 8 commits, 12 rolls back, 0 does not know yet`,
  )
}

/** The half message that both offsets of the request name. */
function namedHalf({ pieces }: GetResult, header: EndHeader): MessageRecord | undefined {
  const half = pieces.length > 0 ? decodeRecord(pieces[0]!) : undefined
  const isNamed = half?.queueOffset === header.tranStateTableOffset && half.commitLogOffset === header.commitLogOffset
  return isNamed ? half : undefined
}

function endHalf(broker: BrokerState, header: EndHeader, half: MessageRecord, done: Done): void {
  try {
    requireProducer(half, header)
    requireSame(half, header)
    appendEnd(broker, half, header.commitOrRollback === TransactionType.COMMIT, done)
  } catch (error) {
    throw noted(broker, header, error)
  }
}

/** Appends what the end consists of, and is done when that lasts. */
function appendEnd(broker: BrokerState, half: MessageRecord, commits: boolean, done: Done): void {
  const { states } = broker.transactions
  const halfOffset = states.newest(half.queueOffset)
  if (states.hasEnded(halfOffset)) {
    throw refusal(
      ResponseCode.SYSTEM_ERROR,
      `the transaction of half message ${half.queueOffset} has ended before: a message is committed once, and a rollback is final`,
    )
  }
  const committed = commits ? commit(broker, half) : undefined
  const op = broker.store.append(opMessage(halfOffset, broker.storeHost, broker.io.clock.now()))
  // A commit that could not be noted is asked about again, and then comes twice.
  const endOffset = op.ok || committed === undefined ? requireAppended(op).endOffset : committed.endOffset
  if (op.ok) states.ending(halfOffset)
  const { clock } = broker.io
  broker.ends.enter(clock.monotonic())
  broker.store.whenAcknowledged(endOffset, true, (status) => {
    broker.ends.leave(clock.monotonic())
    if (status !== 'FAILED') return done(success)
    states.endFailed(halfOffset)
    done({ code: ResponseCode.SERVICE_NOT_AVAILABLE, remark: storeFailed(broker) })
  })
}

function commit(broker: BrokerState, half: MessageRecord) {
  const to = destinationOf(half)
  if (to === undefined) {
    throw refusal(ResponseCode.SYSTEM_ERROR, `half message ${half.queueOffset} does not say which topic it is for`)
  }
  const message = { ...committedMessage(half, to), storeHost: broker.storeHost }
  const appended = requireAppended(broker.store.append(broker.delays.schedule(message)))
  broker.stats.put(to.topic, 1, half.body.length)
  return appended
}

function requireProducer(half: MessageRecord, { producerGroup }: EndHeader): void {
  const group = propertyOf(half.properties, MessageProperty.PRODUCER_GROUP)
  if (group === producerGroup) return
  throw refusal(
    ResponseCode.SYSTEM_ERROR,
    `half message ${half.queueOffset} is of another producer group than ${producerGroup.slice(0, 255)}`,
  )
}

/**
 * After a power loss, with ASYNC_FLUSH, another half message may lie where the one meant was. Clients name it by its unique key, old
 * ones by its place.
 */
function requireSame(half: MessageRecord, { msgId }: EndHeader): void {
  const uniqKey = propertyOf(half.properties, MessageProperty.UNIQ_KEY)
  if (!msgId || uniqKey === undefined || msgId === uniqKey) return
  if (msgId === offsetMessageId(half.storeHost, half.commitLogOffset)) return
  throw refusal(
    ResponseCode.SYSTEM_ERROR,
    `half message ${half.queueOffset} is another one than ${msgId.slice(0, 255)}, which is gone`,
  )
}

/** Says which of the two offsets, or the group, is wrong. */
async function refuseUnfound(broker: BrokerState, header: EndHeader): Promise<Answer> {
  const { commitLogOffset, tranStateTableOffset } = header
  const bytes = await broker.store.recordAt(commitLogOffset)
  const half = bytes && decodeRecord(bytes)
  try {
    if (half?.topic !== TopicName.TRANSACTION_HALF) {
      throw refusal(ResponseCode.SYSTEM_ERROR, `no half message is at commit log offset ${commitLogOffset}`)
    }
    requireProducer(half, header)
    throw refusal(
      ResponseCode.SYSTEM_ERROR,
      `the half message at commit log offset ${commitLogOffset} has another transaction state table offset than ${tranStateTableOffset}`,
    )
  } catch (error) {
    throw noted(broker, header, error)
  }
}

function noted(broker: BrokerState, header: EndHeader, error: unknown): unknown {
  if (error instanceof ResponseError) {
    const { producerGroup, commitLogOffset, tranStateTableOffset } = header
    broker.logger.warn(
      { producerGroup: producerGroup.slice(0, 255), commitLogOffset, tranStateTableOffset },
      `an end of a transaction is refused: ${error.message}`,
    )
  }
  return error
}
