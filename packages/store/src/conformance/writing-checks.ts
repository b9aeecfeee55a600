import { decodeRecord } from '@mq/protocol'
import type { Placed } from '../message-store.js'
import type { Check } from './check.js'
import { message, must, mustEqual, recordsOf, topic } from './subject.js'

export const writingChecks: Check[] = [
  {
    name: 'offsets of a queue are dense from 0, places in the log grow and do not overlap',
    async run(subject) {
      const placed = await subject.put(...[0, 1, 0, 0, 1].map((queueId) => message('x', { queueId })))
      const offsets = placed.map(({ queueOffset }) => queueOffset)
      mustEqual(offsets, [0, 0, 1, 2, 1], 'queue offsets that append gave in two queues')
      for (const [i, { commitLogOffset, endOffset }] of placed.entries()) {
        must(endOffset > commitLogOffset, `a record ends at ${endOffset}, where it does not even begin`)
        const before = placed[i - 1]
        must(
          !before || commitLogOffset >= before.endOffset,
          `a record begins at ${commitLogOffset}, inside another one`,
        )
      }
    },
  },
  {
    name: 'a record says what append said, and holds all that was given',
    async run(subject) {
      const properties = 'TAGS\u0001TagA\u0002KEYS\u0001k\u0002'
      const given = message('hello', { properties, queueId: 3, flag: 7, reconsumeTimes: 2 })
      const [placed] = await subject.put(given)
      const [record] = recordsOf(await subject.get({ queueId: 3 }))
      must(record !== undefined, 'an acknowledged message cannot be read')
      const { queueOffset, commitLogOffset, storeTimestamp } = placed!
      mustEqual(
        [record.queueOffset, record.commitLogOffset, record.storeTimestamp, record.size],
        [queueOffset, commitLogOffset, storeTimestamp, placed!.endOffset - commitLogOffset],
        'queue offset, commit log offset, store time and size in the record',
      )
      mustEqual(
        [record.topic, record.queueId, record.flag, record.reconsumeTimes, record.properties, record.body.toString()],
        [topic, 3, 7, 2, properties, 'hello'],
        'what the record holds',
      )
    },
  },
  {
    name: 'the body is copied by append',
    async run(subject) {
      const body = Buffer.from('before')
      const placed = subject.append(message(body))
      body.write('AFTER!')
      await subject.acknowledged(placed.endOffset)
      mustEqual(await subject.bodies(), ['before'], 'a body whose memory the sender used again after append')
    },
  },
  {
    name: 'nothing is visible before it is acknowledged, everything is then',
    async run(subject) {
      const { store } = subject
      const placed = subject.append(message('a'))
      must(
        store.maxOffset(topic, 0) === 0 && (await subject.get()).status !== 'FOUND',
        'a message can be read as soon as it is appended: it must not be visible before it is acknowledged',
      )
      let answered = false
      const done = new Promise<void>((resolve) =>
        store.whenAcknowledged(placed.endOffset, true, () => {
          answered = true
          resolve()
        }),
      )
      must(!answered, 'whenAcknowledged called back during the call, before anything was written')
      await subject.settle(done, 'whenAcknowledged')
      mustEqual(store.maxOffset(topic, 0), 1, 'maxOffset when the first message is acknowledged')
      mustEqual(await subject.bodies(), ['a'], 'what can be read when a message is acknowledged')
    },
  },
  {
    name: 'acknowledgements come in the order of the log, once each, also for those who ask late',
    async run(subject) {
      const placed = Array.from({ length: 20 }, (_, i) => subject.append(message(`m${i}`)))
      const order: number[] = []
      const waits = placed.map(
        ({ endOffset }, i) =>
          new Promise<void>((resolve) =>
            subject.store.whenAcknowledged(endOffset, true, () => {
              order.push(i)
              resolve()
            }),
          ),
      )
      await subject.settle(Promise.all(waits), 'whenAcknowledged')
      mustEqual(await subject.acknowledged(placed[0]!.endOffset), 'OK', 'an acknowledgement asked for late')
      mustEqual(
        order,
        placed.map((_, i) => i),
        'the order of acknowledgements',
      )
    },
  },
  {
    name: 'arrivals are told once, in order, and not before they can be read',
    async run(subject) {
      const told: string[] = []
      let unreadable: string | undefined
      const stop = subject.store.onArrival((arrivals) => {
        for (const { topic, queueId, queueOffset } of arrivals) {
          told.push(`${queueId}/${queueOffset}`)
          if (subject.store.maxOffset(topic, queueId) <= queueOffset) unreadable = `${queueId}/${queueOffset}`
        }
      })
      await subject.put(message('a'), message('b', { queueId: 1 }), message('c'), message('half', { sysFlag: 4 }))
      await subject.put(message('d'))
      mustEqual(told, ['0/0', '1/0', '0/1', '0/2'], 'arrivals told, as queue/offset')
      must(unreadable === undefined, `the arrival of ${unreadable} was told before the message could be read`)
      stop()
      await subject.put(message('e'))
      mustEqual(told.length, 4, 'arrivals told after the listener was taken away')
    },
  },
  {
    name: 'half messages and rollbacks are in the log and in no queue',
    async run(subject) {
      const [half, , commit] = await subject.put(
        message('half', { sysFlag: 4 }),
        message('rollback', { sysFlag: 12 }),
        message('commit', { sysFlag: 8 }),
      )
      mustEqual([half!.queueOffset, commit!.queueOffset], [0, 0], 'queue offsets of a half message and of a commit')
      mustEqual(await subject.bodies(), ['commit'], 'what a queue holds after half message, rollback and commit')
      const record = await subject.settle(subject.store.recordAt(half!.commitLogOffset), 'recordAt')
      must(record !== undefined, 'recordAt does not find a half message')
      mustEqual(decodeRecord(record).body.toString(), 'half', 'the half message in the log')
      const inside = await subject.settle(subject.store.recordAt(half!.commitLogOffset + 3), 'recordAt')
      must(inside === undefined, 'recordAt finds a record in the middle of another')
    },
  },
  {
    name: 'the longest record is as long as the store says',
    async run(subject) {
      const { recordBytesMax } = subject.store
      const [{ commitLogOffset, endOffset }] = (await subject.put(message('x'))) as [Placed]
      const bodyBytes = recordBytesMax - (endOffset - commitLogOffset) + 1
      must(
        bodyBytes > 0,
        `recordBytesMax is ${recordBytesMax}, and a record of ${endOffset - commitLogOffset} was taken`,
      )
      const longer = subject.store.append(message(Buffer.alloc(bodyBytes + 1)))
      must(!longer.ok, `a record of ${recordBytesMax + 1} bytes was taken, and recordBytesMax is ${recordBytesMax}`)
      mustEqual(longer.reason, 'MESSAGE_SIZE_EXCEEDED', 'the reason for refusing a record longer than recordBytesMax')
      await subject.put(message(Buffer.alloc(bodyBytes)))
      const record = (await subject.records({ queueOffset: 1 })).at(-1)
      mustEqual(record?.size, recordBytesMax, 'the size of the longest record')
    },
  },
  {
    name: 'hostile names and messages that do not fit are refused as values, and take no offset',
    async run(subject) {
      const refusals: [string, string, ReturnType<typeof message>][] = [
        ...['../x', 'a\u0000b', '', 'x'.repeat(10_240), 'a/b', 'ünï'].map(
          (name): [string, string, ReturnType<typeof message>] => [
            `the topic ${JSON.stringify(name.slice(0, 20))} (${name.length} characters)`,
            'MESSAGE_ILLEGAL',
            message('x', { topic: name }),
          ],
        ),
        ['a queue id of -1', 'MESSAGE_ILLEGAL', message('x', { queueId: -1 })],
        ['a host that is no address', 'MESSAGE_ILLEGAL', message('x', { bornHost: { host: 'nowhere', port: 1 } })],
        ['a body of 5 MiB', 'MESSAGE_SIZE_EXCEEDED', message(Buffer.alloc(5 << 20))],
        ['properties of 40,000 bytes', 'PROPERTIES_SIZE_EXCEEDED', message('x', { properties: 'a'.repeat(40_000) })],
      ]
      for (const [what, reason, one] of refusals) {
        const result = subject.store.append(one)
        must(!result.ok, `${what} was taken: it must be refused with ${reason}`)
        mustEqual(result.reason, reason, `the reason for refusing ${what}`)
        must(result.message.length > 0, `${what} was refused without a sentence`)
      }
      mustEqual((await subject.put(message('fine')))[0]!.queueOffset, 0, 'the offset after messages that were refused')
    },
  },
]
