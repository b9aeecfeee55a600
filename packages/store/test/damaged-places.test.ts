import { silentLogger } from '@mq/io'
import { describe, expect, test } from 'vitest'
import { bodies, message, world, type World } from './support.js'

const recordBytes = 120
const config = { mappedFileSizeCommitLog: 12_008 }
const body = (i: number) => `m${i}`.padEnd(10)

/** Queue offsets the messages get. */
async function append({ sim, store }: World, from: number, to: number, queueId = 0): Promise<number[]> {
  const offsets: number[] = []
  for (let i = from; i < to; i++) {
    const placed = store.append(message(body(i), { queueId }))
    if (!placed.ok) throw new Error(placed.message)
    offsets.push(placed.queueOffset)
  }
  await sim.run(50)
  return offsets
}

function spoil({ machine }: World, position: number): void {
  const file = machine.io.disk.open('/store/commitlog/00000000000000000000')
  const byte = Buffer.alloc(1)
  file.readNow(byte, position)
  file.write(Buffer.from([byte[0]! ^ 4]), position)
  file.close()
}

test.each([
  ['the last of its queue', 5, 4],
  ['the only one of its queue', 1, 0],
  ['in the middle', 5, 2],
])('a damaged message keeps its place when the consume queues are made anew: %s', async (_, count, damaged) => {
  const made = await world(config)
  await append(made, 0, count)
  await made.sim.settle(made.store.close())
  const { disk } = made.machine.restart()
  disk.removeTree('/store/consumequeue')
  spoil(made, damaged * recordBytes + 92)
  await made.restart()
  // Consumers have read past it: no other message may have its offset.
  expect(await append(made, count, count + 2)).toEqual([count, count + 1])
  const expected = Array.from({ length: count + 2 }, (__, i) => body(i)).filter((__, i) => i !== damaged)
  expect(await bodies(made.store, 'TopicTest', 0, made.sim)).toEqual(expected)
  await made.restart()
  expect(await bodies(made.store, 'TopicTest', 0, made.sim)).toEqual(expected)
  expect(await append(made, count + 2, count + 3)).toEqual([count + 2])
})

/** Queue 1 has 3 messages, records 5 to 7; all of queue 0 that lies around them is a block that has a checksum, and more. */
async function twoQueues(more: Parameters<typeof world>[1] = {}): Promise<World> {
  const made = await world(config, more)
  await append(made, 0, 5)
  expect(await append(made, 5, 8, 1)).toEqual([0, 1, 2])
  await append(made, 8, 80)
  // Until a checkpoint is made.
  await made.sim.run(70_000)
  return made
}

const fields = [
  ['its body', 92],
  ['its queue offset', 27],
  ['its magic', 7],
  ['its size', 3],
  ['its position', 35],
  ['its queue id', 15],
  ['its topic', 103],
] as const

describe('the last message of a queue keeps its place when one bit is flipped', () => {
  test.each(fields)('in %s, after a kill', async (_, at) => {
    const made = await twoQueues()
    made.machine.kill()
    made.machine.restart()
    spoil(made, 7 * recordBytes + at)
    for (let round = 0; round < 2; round++) {
      await made.restart()
      expect(made.store.maxOffset('TopicTest', 1)).toBe(3)
      expect(await bodies(made.store, 'TopicTest', 1, made.sim)).toEqual([body(5), body(6)])
      expect((await bodies(made.store, 'TopicTest', 0, made.sim)).length).toBe(77)
    }
    expect(await append(made, 80, 81, 1)).toEqual([3])
    await made.restart()
    expect(await bodies(made.store, 'TopicTest', 1, made.sim)).toEqual([body(5), body(6), body(80)])
  })

  test.each(fields)('in %s, when the store is left in order and some other queue is gone', async (_, at) => {
    const made = await twoQueues()
    await made.sim.settle(made.store.close())
    made.machine.restart().disk.removeTree('/store/consumequeue/TopicTest/0')
    spoil(made, 7 * recordBytes + at)
    await made.restart()
    expect(await append(made, 80, 81, 1)).toEqual([3])
    expect(await bodies(made.store, 'TopicTest', 1, made.sim)).toEqual([body(5), body(6), body(80)])
    // Later starts have nothing to complain of.
    await made.sim.settle(made.store.close())
    await made.restart()
    expect(await bodies(made.store, 'TopicTest', 1, made.sim)).toEqual([body(5), body(6), body(80)])
  })

  test('in its queue offset, when the consume queues are gone', async () => {
    const made = await twoQueues()
    made.machine.kill()
    made.machine.restart().disk.removeTree('/store/consumequeue')
    spoil(made, 7 * recordBytes + 27)
    await made.restart()
    expect(await append(made, 80, 81, 1)).toEqual([3])
  })

  test.each(['queues gone', 'killed'])('in its queue offset, where no checksum tells (%s)', async (how) => {
    const made = await world(config, { checksums: false })
    await append(made, 0, 5)
    await append(made, 5, 8, 1)
    await append(made, 8, 10)
    made.machine.kill()
    const { disk } = made.machine.restart()
    if (how === 'queues gone') disk.removeTree('/store/consumequeue')
    spoil(made, 7 * recordBytes + 27)
    await made.restart()
    expect(await append(made, 80, 81, 1)).toEqual([3])
    await made.restart()
    expect(await append(made, 81, 82, 1)).toEqual([4])
    expect(await bodies(made.store, 'TopicTest', 1, made.sim)).toEqual([body(5), body(6), body(80), body(81)])
  })
})

test('a queue whose messages are all damaged keeps their places', async () => {
  const made = await twoQueues()
  made.machine.kill()
  made.machine.restart()
  for (const record of [5, 6, 7]) spoil(made, record * recordBytes + 7)
  await made.restart()
  expect(await append(made, 80, 81, 1)).toEqual([3])
  expect(await bodies(made.store, 'TopicTest', 1, made.sim)).toEqual([body(80)])
})

/** 300 messages in three files, of which the newest is read after a kill. In that, queue 1 has its third and last one, record 20. */
async function threeFiles(logger = silentLogger): Promise<World> {
  const made = await world(config, { logger })
  await append(made, 0, 150)
  await append(made, 150, 152, 1)
  await made.sim.run(10_000)
  await append(made, 152, 220)
  await append(made, 220, 221, 1)
  await append(made, 221, 300)
  await made.sim.run(70_000)
  made.machine.kill()
  made.machine.restart()
  return made
}

const spoilNewest = ({ machine }: World, at: number): void =>
  machine.damage(`/store/commitlog/${String(2 * config.mappedFileSizeCommitLog).padStart(20, '0')}`, at, 4)

test('a damaged message in the newest file does not make later starts read the whole log', async () => {
  const rebuilt: string[] = []
  const warn = (_data: object, sentence: string) => void (/rebuilt/.test(sentence) && rebuilt.push(sentence))
  const made = await threeFiles({ ...silentLogger, warn } as typeof silentLogger)
  spoilNewest(made, 21 * recordBytes + 92)
  for (let round = 0; round < 3; round++) {
    await made.restart()
    expect((await bodies(made.store, 'TopicTest', 0, made.sim)).length).toBe(296)
  }
  expect(rebuilt).toEqual([])
})

test.each([
  ['its queue id', 15],
  ['its topic', 103],
])('a damaged message begins no queue of its own: %s', async (_, at) => {
  const made = await threeFiles()
  spoilNewest(made, 20 * recordBytes + at)
  await made.restart()
  expect(made.store.queues()).toEqual(new Map([['TopicTest', [0, 1]]]))
  expect(made.store.maxOffset('TopicTest', 1)).toBe(3)
})

test('a damaged message at the very start of the log costs no other of its queue, after a kill', async () => {
  const made = await world(config)
  await append(made, 0, 1)
  // Until the queue has a file, with the entry of the first alone.
  await made.sim.run(70_000)
  await append(made, 1, 2)
  made.machine.kill()
  made.machine.restart()
  spoil(made, 92)
  await made.restart()
  expect(await bodies(made.store, 'TopicTest', 0, made.sim)).toEqual([body(1)])
  expect(await append(made, 2, 3)).toEqual([2])
})
