import { flushed, once, type PlantedBug } from './planted-bug.js'
import { wrapStore, wrapWrites } from './wrap.js'

/** Mistakes with sends and their answers. */
export const answerBugs: readonly PlantedBug[] = [
  {
    name: 'acknowledged before the flush',
    foundBy: ['no-loss', 'drains', 'unchanging-offsets'],
    plan: flushed('power-loss', 'slow-sync'),
    store: (store) => wrapStore(store, () => ({ whenAcknowledged: (_end, _wait, done) => void done('OK') })),
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
]
