import {
  decodeLockBatchRequestBody,
  encodeLockBatchRequestBody,
  MessageProperty,
  propertyOf,
  RequestCode,
  TopicName,
} from '@mq/protocol'
import type { Plan } from '../plan.js'
import { flushed, notStored, once, type PlantedBug } from './planted-bug.js'
import { wrapRequests, wrapStore } from './wrap.js'

/** Transactions, and nothing that hides the bug. */
const transacted = (plan: Plan): Plan => ({ ...flushed()(plan), workload: 'transactions', stormMs: 10_000 })

/** As if all members of a group were the same client. */
const inTheNameOfOne = (body: Uint8Array): Uint8Array =>
  encodeLockBatchRequestBody({ ...decodeLockBatchRequestBody(body), clientId: 'anybody' })

/** Mistakes with delay, transactions, order and retry. */
export const semanticBugs: readonly PlantedBug[] = [
  {
    name: 'messages are seen before they are safe',
    foundBy: ['unchanging-offsets', 'drains', 'none-invented'],
    plan: flushed('power-loss'),
    storeConfig: { flushDiskType: 'ASYNC_FLUSH' },
    store: (store, { clock }) =>
      wrapStore(store, (inner) => ({
        acknowledges: 'flushed',
        whenAcknowledged(end, wait, done) {
          if (inner.stats().flushedOffset >= end) inner.whenAcknowledged(end, wait, done)
          else clock.after(5, () => this.whenAcknowledged!(end, wait, done))
        },
      })),
  },
  {
    name: 'an arrival is not told now and then',
    foundBy: ['prompt'],
    plan: flushed(),
    store: (store) => {
      const isLost = once(3)
      return wrapStore(store, (inner) => ({
        onArrival: (listener) => inner.onArrival((arrivals) => (isLost() ? undefined : listener(arrivals))),
      }))
    },
  },
  {
    name: 'offsets of groups are kept now and then only',
    foundBy: ['offsets-kept'],
    plan: (plan) => ({
      ...flushed('kill-broker')(plan),
      ...{ commitMs: 500, offsetFlushMs: 500, faultEveryMs: 4000, stormMs: 20_000 },
    }),
    store: (store) => {
      const isKept = once(20)
      return wrapStore(store, ({ documents }) => ({
        documents: {
          read: (name) => documents.read(name),
          write: (name, text) => (name !== 'consumerOffset.json' || isKept() ? documents.write(name, text) : undefined),
        },
      }))
    },
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
  {
    name: 'locks of queues are given to anybody',
    foundBy: ['one-at-a-time', 'in-order'],
    plan: (plan) => ({ ...flushed('restart-client')(plan), workload: 'order', consumers: 3, stormMs: 10_000 }),
    brokerIo: (io) =>
      wrapRequests(io, (request) =>
        request.code === RequestCode.LOCK_BATCH_MQ ? { ...request, body: inTheNameOfOne(request.body!) } : request,
      ),
  },
]
