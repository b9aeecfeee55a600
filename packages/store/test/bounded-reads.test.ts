import { RecordMagic, writeInt64 } from '@mq/protocol'
import { afterEach, expect, test, vi } from 'vitest'
import { bodies, message, put, world, type World } from './support.js'

const MiB = 1 << 20
/** Where the body of a record begins when its hosts have IPv4 addresses. */
const bodyAt = 88

afterEach(() => vi.restoreAllMocks())

/** Bytes of memory asked for until `sum` is called. */
function memoryTaken(): { sum(): number; max(): number } {
  const spies = [vi.spyOn(Buffer, 'allocUnsafe'), vi.spyOn(Buffer, 'allocUnsafeSlow')]
  const sizes = () => spies.flatMap(({ mock }) => mock.calls).map(([size]) => size)
  return { sum: () => sizes().reduce((sum, size) => sum + size, 0), max: () => Math.max(0, ...sizes()) }
}

/** A body that looks like the start of a record at its place in the log. */
function falseHead(position: number, size: number, bodySize = 0): Buffer {
  const head = Buffer.alloc(200)
  head.writeInt32BE(size, 0)
  head.writeInt32BE(RecordMagic.V1, 4)
  writeInt64(head, position, 28)
  head.writeInt32BE(bodySize, 84)
  return head
}

async function putAll(made: World, sent: readonly (string | Uint8Array)[]): Promise<void> {
  for (const body of sent) await made.sim.settle(put(made.store, message(body)))
  await made.sim.run(200)
}

/** As many files of the log as there are bodies. */
const filling = (count: number) => Array.from({ length: count }, () => Buffer.alloc(900_000, 'x'))

test.each([
  ['reaches beyond its file', MiB, filling(6), 4 * MiB, 0],
  ['is larger than any record', 64 * MiB, [...filling(24)], 20 * MiB, 0],
  ['has no end', 64 * MiB, [...filling(24)], 20 * MiB, 20 * MiB - 1000],
])('a head in a body that %s is no record, and takes no memory', async (_, fileBytes, more, size, bodySize) => {
  const made = await world({ mappedFileSizeCommitLog: fileBytes }, { tailBytes: 0 })
  await putAll(made, [falseHead(bodyAt, size, bodySize), ...more])
  const taken = memoryTaken()
  expect(await made.sim.settle(made.store.recordAt(bodyAt))).toBeUndefined()
  expect(taken.sum()).toBeLessThan(MiB)
  expect((await made.sim.settle(made.store.recordAt(0)))?.length).toBeGreaterThan(200)
})

test.each([
  ['reaches beyond its file', MiB, filling(4), 3 * MiB],
  ['reaches beyond the log', MiB, filling(4), 0x7fff_fff0],
  ['is not that of its record', 64 * MiB, filling(24), 20 * MiB],
])('a size in a consume queue entry that %s takes no memory, and hides no other message', async (...given) => {
  const [, mappedFileSizeCommitLog, more, size] = given
  const made = await world({ mappedFileSizeCommitLog, mappedFileSizeConsumeQueue: 400 })
  await putAll(made, ['a', 'b', 'c', ...more])
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
  expect((await bodies(store, 'TopicTest', 0, made.sim)).map((body) => body.slice(0, 1))).toEqual([
    'a',
    'c',
    ...more.map(() => 'x'),
  ])
})

test('longer records than are taken now, or fit into one request, are served', async () => {
  const properties = 'KEYS\u0001k\u0002'
  const made = await world({ mappedFileSizeCommitLog: 64 * MiB, maxMessageSize: 40 * MiB })
  const long = Buffer.alloc(18 * MiB, 'y')
  const placed = made.store.append(message(long, { properties }))
  await putAll(made, ['after'])
  await made.sim.settle(made.store.close())
  made.machine.restart()
  const store = await made.restart({ config: { mappedFileSizeCommitLog: 64 * MiB } })
  const place = placed.ok ? placed.commitLogOffset : -1
  const record = await made.sim.settle(store.recordAt(place))
  expect(record?.length).toBeGreaterThan(long.length)
  const query = { topic: 'TopicTest', key: 'k', maxMessages: 9, beginMs: 0, endMs: Number.MAX_SAFE_INTEGER }
  expect((await made.sim.settle(store.query(query))).records).toHaveLength(1)
  expect((await bodies(store, 'TopicTest', 0, made.sim)).map(({ length }) => length)).toEqual([long.length, 5])
})

test('a size in the log that was spoilt takes no memory when the store starts, and costs its record alone', async () => {
  const made = await world({ mappedFileSizeCommitLog: 64 * MiB }, { checksums: false })
  await putAll(made, ['a', 'b', 'c', ...filling(24)])
  await made.sim.settle(made.store.close())
  const { disk } = made.machine.restart()
  disk.removeTree('/store/consumequeue')
  // 16 MiB more for the second.
  disk.open('/store/commitlog/00000000000000000000').write(Buffer.from([1]), 111)
  const taken = memoryTaken()
  const store = await made.restart()
  expect(taken.max()).toBeLessThan(5 * MiB)
  expect((await bodies(store, 'TopicTest', 0, made.sim)).map((body) => body.slice(0, 1))).toEqual([
    'a',
    'c',
    ...filling(24).map(() => 'x'),
  ])
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
