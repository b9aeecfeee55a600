import { recordByteLength, writeRecord } from '@mq/protocol'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ProcessQueue } from '../../src/consumer/process-queue.js'
import { ReceivedMessage } from '../../src/received-message.js'

const host = { host: '127.0.0.1', port: 1 }

function message(queueOffset: number): ReceivedMessage {
  const sizes = { bornHost: host, storeHost: host, topicBytes: 1, bodyBytes: 1, propertiesBytes: 0 }
  const bytes = Buffer.alloc(recordByteLength(sizes))
  const fixed = { queueId: 0, flag: 0, sysFlag: 0, bornTimestamp: 0, storeTimestamp: 0, reconsumeTimes: 0 }
  const parts = {
    ...fixed,
    queueOffset,
    commitLogOffset: 0,
    bornHost: host,
    storeHost: host,
    preparedTransactionOffset: 0,
  }
  writeRecord(bytes, 0, { ...parts, body: Buffer.from('x'), topic: 'T', properties: '' })
  return new ReceivedMessage(bytes, 0)
}

test('whatever the order of additions, takes and ends: never past what is not finished', () => {
  const step = fc.oneof(
    fc.record({
      kind: fc.constant('add' as const),
      count: fc.integer({ min: 0, max: 40 }),
      gap: fc.integer({ min: 0, max: 3 }),
    }),
    fc.record({ kind: fc.constant('take' as const) }),
    fc.record({ kind: fc.constant('finish' as const), pick: fc.nat() }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const queue = new ProcessQueue(5)
      const open = new Map<number, number>()
      const untaken: number[] = []
      let next = 5
      for (const one of steps) {
        if (one.kind === 'add') {
          const offsets = Array.from({ length: one.count }, (_, i) => next + i)
          next += one.count + one.gap
          untaken.push(...offsets)
          queue.add(offsets.map(message), next)
        } else if (one.kind === 'take') {
          const number = queue.take()
          if (number < 0) expect(untaken).toEqual([])
          else {
            const offset = queue.message(number).queueOffset
            expect(offset).toBe(untaken.shift())
            open.set(number, offset)
          }
        } else if (open.size > 0) {
          const number = [...open.keys()][one.pick % open.size]!
          queue.finish(number)
          queue.finish(number)
          open.delete(number)
        }
        const unfinished = [...open.values(), ...untaken]
        expect(queue.commitOffset).toBe(unfinished.length ? Math.min(...unfinished) : next)
        expect(queue.nextOffset).toBe(next)
        expect(queue.bytes).toBe(unfinished.length * message(0).storeSize)
      }
    }),
  )
})
