import { MessageProperty } from '@mq/protocol'
import { StoreError } from '../message-store.js'
import type { Check } from './check.js'
import { message, must, mustEqual, recordsOf, topic } from './subject.js'

const many = (count: number, more: Parameters<typeof message>[1] = {}) =>
  Array.from({ length: count }, (_, i) => message(`m${i}`, more))

const keyed = (body: string, keys: string) =>
  message(body, { properties: `${MessageProperty.KEYS}\u0001${keys}\u0002` })

export const readingChecks: Check[] = [
  {
    name: 'status and next offset at every edge of a queue',
    async run(subject) {
      const at = async (queueOffset: number, queueId = 0) => {
        const { status, nextOffset } = await subject.get({ queueOffset, queueId })
        return `${status} ${nextOffset}`
      }
      mustEqual(await at(7), 'NO_MESSAGE_IN_QUEUE 0', 'a get of a queue that was never written')
      mustEqual(subject.store.minOffset(topic, 0), -1, 'minOffset of a queue that was never written')
      await subject.put(...many(4))
      mustEqual(await at(-5), 'OFFSET_TOO_SMALL 0', 'a get in front of the queue')
      mustEqual(await at(3), 'FOUND 4', 'a get of the last message')
      mustEqual(await at(4), 'OFFSET_OVERFLOW_ONE 4', 'a get right behind the last message')
      mustEqual(await at(9999), 'OFFSET_OVERFLOW_BADLY 0', 'a get far behind the last message')
      mustEqual(await at(0, 3), 'NO_MESSAGE_IN_QUEUE 0', 'a get of another queue')
      mustEqual([subject.store.minOffset(topic, 0), subject.store.maxOffset(topic, 0)], [0, 4], 'min and max offset')
    },
  },
  {
    name: 'the next offset never points behind a message that is not visible yet',
    async run(subject) {
      await subject.put(message('a'))
      const late = subject.append(message('b'))
      const { nextOffset } = await subject.get({ queueOffset: 1 })
      mustEqual(nextOffset, 1, 'nextOffset at the visible end, while a message is on its way')
      await subject.acknowledged(late.endOffset)
      mustEqual(await subject.bodies({ queueOffset: nextOffset }), ['b'], 'what a reader finds that goes on there')
    },
  },
  {
    name: 'limits of count and bytes; the first message comes whatever its size',
    async run(subject) {
      await subject.put(...Array.from({ length: 10 }, () => message(Buffer.alloc(300))))
      const { messageCount, pieces, bytes, nextOffset } = await subject.get({ maxMessages: 3 })
      mustEqual([messageCount, nextOffset], [3, 3], 'messages and next offset with maxMessages 3')
      mustEqual(recordsOf({ pieces } as never).length, messageCount, 'records in the pieces, beside messageCount')
      const total = pieces.reduce((sum, piece) => sum + piece.length, 0)
      mustEqual(bytes, total, 'bytes, beside what the pieces have')
      const few = await subject.get({ maxBytes: 10 })
      mustEqual(few.messageCount, 1, 'messages with maxBytes 10, of which each is longer')
      const some = await subject.get({ maxBytes: 1000 })
      must(some.bytes <= 1000 && some.messageCount > 1, `a get with maxBytes 1000 gave ${some.bytes} bytes`)
    },
  },
  {
    name: 'filters skip without stopping, and the next offset counts what they skipped',
    async run(subject) {
      await subject.put(...Array.from({ length: 20 }, (_, i) => message(`m${i}`, { tagsCode: i % 5 })))
      const byTags = await subject.get({ matches: (code) => code === 2 })
      const texts = recordsOf(byTags).map(({ body }) => body.toString())
      mustEqual(texts, ['m2', 'm7', 'm12', 'm17'], 'messages that the filter by tags code let through')
      mustEqual(byTags.nextOffset, 20, 'the next offset behind what a filter skipped')
      const byRecord = await subject.get({ matchesRecord: (record) => Buffer.from(record).includes('m19') })
      mustEqual([byRecord.messageCount, byRecord.nextOffset], [1, 20], 'messages and next offset of a filter by record')
      const none = await subject.get({ matches: () => false })
      mustEqual([none.status, none.nextOffset], ['NO_MATCHED_MESSAGE', 20], 'a get whose filter refuses everything')
    },
  },
  {
    name: 'entries lead to the records',
    async run(subject) {
      const placed = await subject.put(...many(5, { tagsCode: 9 }))
      const entries = await subject.settle(subject.store.entries(topic, 0, 1, 3), 'entries')
      const wanted = placed
        .slice(1, 4)
        .map((one) => [one.queueOffset, one.commitLogOffset, one.endOffset - one.commitLogOffset, 9])
      const found = entries.map((each) => [each.queueOffset, each.commitLogOffset, each.size, each.tagsCode])
      mustEqual(found, wanted, 'entries (queue offset, commit log offset, size, tags code)')
    },
  },
  {
    name: 'offsets by time: exact, else the nearer neighbour; times of offsets',
    async run(subject) {
      const { store } = subject
      const times: number[] = []
      for (const one of many(4)) {
        subject.letPass(1000)
        times.push((await subject.put(one))[0]!.storeTimestamp)
      }
      must(times[3]! - times[0]! >= 3000, 'store times do not go by the clock of the Io the engine was given')
      const byTime = (ms: number) => subject.settle(store.offsetByTime(topic, 0, ms), 'offsetByTime')
      for (const [offset, ms] of times.entries()) {
        mustEqual(await byTime(ms), offset, `offsetByTime of the store time of message ${offset}`)
        mustEqual(await store.storeTimeAt(topic, 0, offset), ms, `storeTimeAt of message ${offset}`)
      }
      mustEqual(await byTime(0), 0, 'offsetByTime long before the first message')
      mustEqual(await byTime(times[1]! + 100), 1, 'offsetByTime shortly after message 1')
      mustEqual(await byTime(times[2]! - 100), 2, 'offsetByTime shortly before message 2')
      mustEqual(await byTime(times[3]! + 1e6), 3, 'offsetByTime long after the last message')
      mustEqual(await store.storeTimeAt(topic, 0, 99), -1, 'storeTimeAt where there is no message')
      const earliest = [await store.earliestStoreTime(), await store.earliestStoreTime(topic, 0)]
      mustEqual(earliest, [times[0], times[0]], 'earliestStoreTime of the store and of the queue')
    },
  },
  {
    name: 'query finds by key in its topic, the newest up to the limit, in order; or says NO_INDEX',
    async run(subject) {
      await subject.put(
        keyed('a', 'k1 k2'),
        keyed('b', 'k2'),
        { ...keyed('c', 'k2'), topic: 'Other' },
        keyed('d', 'k2'),
      )
      const range = { topic, key: 'k2', beginMs: 0, endMs: subject.now() + 1e6 }
      const query = async (maxMessages: number) => {
        const { records } = await subject.settle(subject.store.query({ ...range, maxMessages }), 'query')
        return recordsOf({ pieces: records } as never).map(({ body }) => body.toString())
      }
      try {
        await subject.store.query({ ...range, maxMessages: 1 })
      } catch (error) {
        if (error instanceof StoreError && error.code === 'NO_INDEX') return
      }
      mustEqual(await query(32), ['a', 'b', 'd'], 'messages with the key k2')
      mustEqual(await query(2), ['b', 'd'], 'the newest two messages with the key k2')
    },
  },
]
