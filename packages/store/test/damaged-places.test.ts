import { expect, test } from 'vitest'
import { bodies, message, world, type World } from './support.js'

const body = (i: number) => `m${i}`.padEnd(10)

/** Queue offsets the messages get. */
async function append({ sim, store }: World, from: number, to: number): Promise<number[]> {
  const offsets: number[] = []
  for (let i = from; i < to; i++) {
    const placed = store.append(message(body(i)))
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
  const made = await world({ mappedFileSizeCommitLog: 12_008 })
  await append(made, 0, count)
  await made.sim.settle(made.store.close())
  const { disk } = made.machine.restart()
  disk.removeTree('/store/consumequeue')
  const recordBytes = 120
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
