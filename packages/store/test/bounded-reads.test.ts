import { RecordMagic, writeInt64 } from '@mq/protocol'
import { afterEach, expect, test, vi } from 'vitest'
import { bodies, message, put, world, type World } from './support.js'

const MiB = 1 << 20
/** Where the body of a record begins when its hosts have IPv4 addresses. */
const bodyAt = 88

afterEach(() => vi.restoreAllMocks())

/** Bytes of memory asked for until `sum` is called. */
function memoryTaken(): { sum(): number } {
  const spies = [vi.spyOn(Buffer, 'allocUnsafe'), vi.spyOn(Buffer, 'allocUnsafeSlow')]
  return { sum: () => spies.flatMap(({ mock }) => mock.calls).reduce((sum, [size]) => sum + size, 0) }
}

/** A body that looks like the start of a record at its place in the log. */
function falseHead(position: number, size: number): Buffer {
  const head = Buffer.alloc(200)
  head.writeInt32BE(size, 0)
  head.writeInt32BE(RecordMagic.V1, 4)
  writeInt64(head, position, 28)
  return head
}

async function putAll(made: World, sent: readonly (string | Uint8Array)[]): Promise<void> {
  for (const body of sent) await made.sim.settle(put(made.store, message(body)))
  await made.sim.run(200)
}

/** As many files of the log as there are bodies. */
const filling = (count: number) => Array.from({ length: count }, () => Buffer.alloc(900_000, 'x'))

test.each([
  ['reaches beyond its file', MiB, filling(6), 4 * MiB],
  ['is larger than any record', 64 * MiB, [...filling(24)], 20 * MiB],
])('a head in a body that %s is no record, and takes no memory', async (_, fileBytes, more, size) => {
  const made = await world({ mappedFileSizeCommitLog: fileBytes }, { tailBytes: 0 })
  await putAll(made, [falseHead(bodyAt, size), ...more])
  const taken = memoryTaken()
  expect(await made.sim.settle(made.store.recordAt(bodyAt))).toBeUndefined()
  expect(taken.sum()).toBeLessThan(MiB)
  expect((await made.sim.settle(made.store.recordAt(0)))?.length).toBeGreaterThan(200)
})

test.each([
  ['reaches beyond its file', 3 * MiB],
  ['reaches beyond the log', 0x7fff_fff0],
])('a size in a consume queue entry that %s takes no memory, and hides no other message', async (_, size) => {
  const made = await world({ mappedFileSizeCommitLog: MiB, mappedFileSizeConsumeQueue: 400 })
  await putAll(made, ['a', 'b', 'c', ...filling(4)])
  await made.sim.settle(made.store.close())
  const queue = made.machine.restart().disk.open('/store/consumequeue/TopicTest/0/00000000000000000000')
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(size)
  queue.write(bytes, 20 + 8)
  const store = await made.restart()
  const get = (queueOffset: number) => store.get({ topic: 'TopicTest', queueId: 0, queueOffset, maxMessages: 1 })
  const taken = memoryTaken()
  expect(await made.sim.settle(Promise.resolve(get(1)))).toMatchObject({ status: 'FOUND', nextOffset: 3 })
  expect(taken.sum()).toBeLessThan(MiB)
  expect((await bodies(store, 'TopicTest', 0, made.sim)).map((body) => body.slice(0, 1))).toEqual([...'acxxxx'])
})

test('a size that the disk changed before the key index has come by takes no memory', async () => {
  const made = await world({ mappedFileSizeCommitLog: MiB }, { tailBytes: 0 })
  const properties = 'KEYS\u0001k\u0002'
  const written = filling(3).map((body) => put(made.store, message(body, { properties })))
  await made.sim.settle(Promise.all(written))
  made.machine.io.disk.open('/store/commitlog/00000000000000000000').write(Buffer.from([0x7f, 0xff, 0xff, 0xf0]), 0)
  const taken = memoryTaken()
  await made.sim.run(1000)
  expect(taken.sum()).toBeLessThan(4 * MiB)
  const query = { topic: 'TopicTest', key: 'k', maxMessages: 9, beginMs: 0, endMs: Number.MAX_SAFE_INTEGER }
  expect((await made.sim.settle(made.store.query(query))).records.length).toBe(2)
})
