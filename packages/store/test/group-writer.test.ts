import { simulate } from '@mq/io/sim'
import { expect, test } from 'vitest'
import { engineSettings, GroupWriter, type GroupWriterOptions, QueueTable, type StoredRecord } from '../src/engine.js'
import { host, message } from './support.js'

type Queue = { nextOffset: number }
type Group = readonly StoredRecord<Queue>[]

/** A writer whose writes end when the test says so, and what it did, in order. */
function written(options: Partial<GroupWriterOptions<Queue>> = {}) {
  const sim = simulate({ seed: 1 })
  const { io } = sim.host('store')
  const did: string[] = []
  const writes: { end(): void; fail(): void }[] = []
  const texts = (group: Group) => group.map(({ queueOffset }) => queueOffset).join(' ')
  const writer = new GroupWriter<Queue>({
    ...engineSettings({ io, directory: '/store', storeHost: host }),
    queues: new QueueTable(() => ({ nextOffset: 0 })),
    write(group) {
      did.push(`write ${texts(group)}`)
      return new Promise((end, fail) => writes.push({ end, fail: () => fail(new Error('no luck')) }))
    },
    show: ({ queueOffset }) => did.push(`show ${queueOffset}`),
    ...options,
  })
  writer.onArrival((arrivals) => did.push(`tell ${texts(arrivals as Group)}`))
  const put = (): void => {
    const placed = writer.append(message('x'))
    if (!placed.ok) return void did.push(`refuse: ${placed.message}`)
    writer.whenAcknowledged(placed.endOffset, true, (status) => did.push(`${status} ${placed.queueOffset}`))
  }
  return { sim, did, writes, writer, put }
}

test('one group is written at a time; it is shown, then told, then acknowledged', async () => {
  const { sim, did, writes, writer, put } = written()
  writer.open()
  put()
  put()
  await sim.run(1)
  put()
  await sim.run(1)
  put()
  expect(did).toEqual(['write 0 1'])
  writes[0]!.end()
  await sim.run(1)
  expect(did.slice(1)).toEqual(['show 0', 'show 1', 'tell 0 1', 'OK 0', 'OK 1', 'write 2 3'])
  expect(writer.stats()).toMatchObject({ putMessages: 4, commitLogMaxOffset: writer.end })
  expect(writer.stats().flushedOffset).toBeLessThan(writer.end)
})

test('close writes what was appended while a group was being written, and refuses the rest', async () => {
  const { sim, did, writes, writer, put } = written()
  writer.open()
  put()
  await sim.run(1)
  put()
  const closed = writer.close()
  put()
  writes[0]!.end()
  await sim.run(1)
  writes[1]!.end()
  await sim.settle(closed)
  const first = ['write 0', 'refuse: the store is closed', 'show 0', 'tell 0', 'OK 0']
  expect(did).toEqual([...first, 'write 1', 'show 1', 'tell 1', 'OK 1'])
})

test('after a write that failed nothing is written any more, and everybody is told', async () => {
  const { sim, did, writes, writer, put } = written()
  writer.open()
  put()
  await sim.run(1)
  put()
  writes[0]!.fail()
  await sim.run(5000)
  put()
  const refusal = 'messages could not be written (no luck): see to the disk, then restart'
  expect(did).toEqual(['write 0', 'FAILED 0', 'FAILED 1', `refuse: ${refusal}`])
  await sim.settle(writer.close())
  expect(writes).toHaveLength(1)
})

test('where an engine asks for it, the same group is written again, with those that have places behind it', async () => {
  const { sim, did, writes, writer, put } = written({ onFailed: () => ({ refusal: 'full', retryAfterMs: 1000 }) })
  writer.open()
  put()
  await sim.run(1)
  put()
  writes[0]!.fail()
  await sim.run(10)
  expect(writer.refusal).toBe('full')
  await sim.run(1000)
  put()
  writes[1]!.end()
  await sim.run(10)
  put()
  await sim.run(10)
  writes[2]!.end()
  await sim.run(10)
  const again = ['write 0 1', 'refuse: full', 'show 0', 'show 1', 'tell 0 1', 'write 2', 'show 2', 'tell 2', 'OK 2']
  expect(did).toEqual(['write 0', 'FAILED 0', 'FAILED 1', ...again])
})
