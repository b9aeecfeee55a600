import { MessageProperty, propertyOf, TopicName } from '@mq/protocol'
import type { AppendResult } from '@mq/store'
import type { FaultName } from '../faults/fault-kinds.js'
import type { Plan } from '../plan.js'
import type { Plant } from '../plant.js'
import { wrapDisk, wrapFiles, wrapStore, wrapWrites } from './wrap.js'

export interface PlantedBug extends Plant {
  /** Checkers of which one has to find it. */
  readonly foundBy: readonly string[]
}

const log = /commitlog\/\d+$/
const queueFiles = /consumequeue\/.*\/\d+$/

/** A plan in which only these faults come, often, and nothing else hides the bug. */
const flushed =
  (...faults: FaultName[]) =>
  (plan: Plan): Plan => ({
    ...plan,
    ...{ flushDiskType: 'SYNC_FLUSH', faults, faultEveryMs: 700, stormMs: 5000, burstMax: 2, sendEveryMs: 100 },
    workload: 'plain',
  })

/** Transactions, and nothing that hides the bug. */
const transacted = (plan: Plan): Plan => ({ ...flushed()(plan), workload: 'transactions', stormMs: 10_000 })

/** What a store says that has dropped a message. */
const notStored: AppendResult = {
  ok: true,
  ...{ commitLogOffset: 0, endOffset: 0, queueOffset: 0, storeTimestamp: 0, messageId: '0'.repeat(32) },
}

/** True once in `times` calls. */
function once(times: number): () => boolean {
  let calls = 0
  return () => ++calls % times === 0
}

/** Mistakes people make in brokers and stores. Each has to be found: a list of what the checks are worth. */
export const plantedBugs: readonly PlantedBug[] = [
  {
    name: 'acknowledged before the flush',
    foundBy: ['no-loss', 'drains', 'unchanging-offsets'],
    plan: flushed('power-loss', 'slow-sync'),
    store: (store) => wrapStore(store, () => ({ whenAcknowledged: (_end, _wait, done) => void done('OK') })),
  },
  {
    name: 'the error of a sync is swallowed',
    foundBy: ['no-loss', 'drains', 'starts', 'unchanging-offsets'],
    plan: flushed('failing-sync', 'power-loss'),
    brokerIo: (io) => wrapFiles(io, log, (file) => ({ sync: () => file.sync().catch(() => {}) })),
  },
  {
    name: 'the log is never synced',
    foundBy: ['no-loss', 'drains', 'starts', 'unchanging-offsets'],
    plan: flushed('power-loss'),
    brokerIo: (io) => wrapFiles(io, log, () => ({ sync: async () => {}, syncNow: () => {} })),
  },
  {
    name: 'directories are not synced',
    foundBy: ['no-loss', 'drains', 'starts', 'unchanging-offsets'],
    plan: (plan) => ({ ...flushed('power-loss')(plan), logFileBytes: 8192 }),
    brokerIo: (io) => wrapDisk(io, () => ({ syncDirectory: () => {} })),
  },
  {
    name: 'a write to the log is lost now and then',
    foundBy: ['no-loss', 'drains', 'starts', 'dense-offsets', 'none-invented'],
    plan: flushed('kill-broker'),
    brokerIo: (io) => {
      const isLost = once(40)
      return wrapFiles(io, log, (file) => ({
        writePieces: (pieces, position) => (isLost() ? undefined : file.writePieces(pieces, position)),
      }))
    },
  },
  {
    name: 'consume queue entries one place too far',
    foundBy: ['dense-offsets', 'no-loss', 'drains', 'none-invented', 'starts'],
    plan: flushed('restart-broker'),
    brokerIo: (io) =>
      wrapFiles(io, queueFiles, (file) => ({
        writePieces: (pieces, position) => file.writePieces(pieces, position > 0 ? position + 20 : position),
      })),
  },
  {
    name: 'messages go to the queue beside',
    foundBy: ['no-loss'],
    plan: (plan) => ({ ...flushed()(plan), queues: 4 }),
    store: (store) =>
      wrapStore(store, (inner) => ({
        append: (message) => inner.append({ ...message, queueId: (message.queueId + 1) % 4 }),
      })),
  },
  {
    name: 'the last byte of a body is left out',
    foundBy: ['none-invented'],
    plan: flushed(),
    store: (store) =>
      wrapStore(store, (inner) => ({
        append: (message) => inner.append({ ...message, body: message.body?.subarray(0, -1) }),
      })),
  },
  {
    name: 'offsets of answers are those of the next message',
    foundBy: ['no-loss'],
    plan: flushed(),
    store: (store) =>
      wrapStore(store, (inner) => ({
        append: (message) => {
          const result = inner.append(message)
          if (!result.ok) return result
          const { commitLogOffset, endOffset, queueOffset, storeTimestamp, messageId } = result
          return { ok: true, commitLogOffset, endOffset, queueOffset: queueOffset + 1, storeTimestamp, messageId }
        },
      })),
  },
  {
    name: 'an answer is sent twice',
    foundBy: ['answered-once'],
    plan: flushed(),
    brokerIo: (io) => {
      const isDoubled = once(50)
      return wrapWrites(io, (pieces) => (isDoubled() ? [...pieces, ...pieces] : pieces))
    },
  },
  {
    name: 'an answer is never sent',
    foundBy: ['answered-once'],
    plan: flushed(),
    brokerIo: (io) => {
      const isLost = once(50)
      return wrapWrites(io, (pieces) => (isLost() ? [] : pieces))
    },
  },
  {
    name: 'acknowledged before it is written',
    foundBy: ['no-loss', 'drains', 'unchanging-offsets'],
    plan: flushed('no-space', 'kill-broker'),
    store: (store) =>
      wrapStore(store, (inner) => ({
        whenAcknowledged: (end, wait, done) => {
          inner.whenAcknowledged(end, wait, () => {})
          done('OK')
        },
      })),
  },
  {
    name: 'the error of a full disk is swallowed',
    foundBy: ['no-loss', 'drains', 'starts', 'dense-offsets', 'unchanging-offsets', 'none-invented'],
    plan: flushed('no-space', 'kill-broker'),
    brokerIo: (io) =>
      wrapFiles(io, log, (file) => ({
        writePieces: (pieces, position) => {
          try {
            file.writePieces(pieces, position)
          } catch {
            // As if it had been written.
          }
        },
      })),
  },
  {
    name: 'delayed messages come a little early',
    foundBy: ['never-early'],
    plan: (plan) => ({ ...flushed()(plan), workload: 'delay' }),
    store: (store) =>
      wrapStore(store, (inner) => ({
        append: (message) =>
          inner.append(
            message.topic === TopicName.SCHEDULE ? { ...message, tagsCode: message.tagsCode! - 500 } : message,
          ),
      })),
  },
  {
    name: 'an op message is dropped now and then',
    foundBy: ['drains'],
    plan: transacted,
    store: (store) => {
      const isDropped = once(3)
      return wrapStore(store, (inner) => ({
        append: (message) =>
          message.topic === TopicName.TRANSACTION_OP_HALF && isDropped() ? notStored : inner.append(message),
      }))
    },
  },
  {
    name: 'half messages are seen by consumers',
    foundBy: ['half-unseen', 'rollback-final'],
    plan: transacted,
    store: (store) =>
      wrapStore(store, (inner) => ({
        append: (message) => {
          const topic = propertyOf(String(message.properties), MessageProperty.REAL_TOPIC)
          if (message.topic === TopicName.TRANSACTION_HALF) inner.append({ ...message, topic: topic! })
          return inner.append(message)
        },
      })),
  },
  {
    name: 'checks of a half message are not counted',
    foundBy: ['checks-bounded', 'drains'],
    plan: transacted,
    store: (store) =>
      wrapStore(store, (inner) => ({
        append: (message) =>
          inner.append({
            ...message,
            properties: String(message.properties).replace(
              /TRANSACTION_CHECK_TIMES\u0001\d+/,
              'TRANSACTION_CHECK_TIMES\u00011',
            ),
          }),
      })),
  },
  {
    name: 'a message given back is dropped now and then',
    foundBy: ['drains'],
    plan: (plan) => ({ ...flushed()(plan), workload: 'retry', stormMs: 10_000 }),
    store: (store) => {
      const isDropped = once(3)
      return wrapStore(store, (inner) => ({
        append: (message) => (message.topic === TopicName.SCHEDULE && isDropped() ? notStored : inner.append(message)),
      }))
    },
  },
]
