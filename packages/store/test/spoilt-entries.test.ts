import { expect, test } from 'vitest'
import { repairStore, verifyStore } from '../src/index.js'
import { bodies, message, put, recordsOf, world, type World } from './support.js'

/*
 * Consume queues have no checksum: what a disk made of an entry is known by where it leads. Whatever it is, a queue keeps its end.
 */
const config = {
  mappedFileSizeCommitLog: 1 << 16,
  mappedFileSizeConsumeQueue: 4000,
  maxHashSlotNum: 10,
  maxIndexNum: 90,
}
const queueFile = '/store/consumequeue/TopicTest/0/00000000000000000000'
/** All of one length, so that many entries fit each other's records; those of queue 1 have the offsets of queue 0. */
const sent = Array.from({ length: 40 }, (_, i) => `message ${String(i).padStart(2, '0')}`)

async function filled(more: object = {}): Promise<World> {
  const made = await world({ ...config, ...more })
  for (const body of sent) {
    await made.sim.settle(put(made.store, message(body)))
    await made.sim.settle(put(made.store, message(body, { queueId: 1 })))
    await made.sim.settle(put(made.store, message(body, { topic: 'Other' })))
  }
  return made
}

const wrongBits = Array.from({ length: 12 * 8 }, (_, bit) => bit)
const flip = ({ machine }: World, offset: number, bit: number) =>
  machine.damage(queueFile, offset * 20 + (bit >> 3), 1 << (bit & 7))

/** Two checkpoints without a message between them let go of what was in memory. */
async function forgetEntries({ sim, store }: World): Promise<void> {
  await sim.run(200_000)
  await sim.settle(put(store, message('later', { topic: 'Other' })))
  await sim.run(200_000)
}

test('what a wrong entry leads to is given to nobody, also when the log is in memory', async () => {
  for (const bit of wrongBits) {
    const made = await filled()
    await forgetEntries(made)
    flip(made, 20, bit)
    expect(await bodies(made.store, 'TopicTest', 0, made.sim)).toEqual(sent.filter((_, i) => i !== 20))
  }
})

test.each([
  ['in the middle', 20],
  ['at the end', 39],
])(
  'a wrong entry %s of a queue: no message of it is lost, no offset given twice, after any stop',
  async (_, at) => {
    for (const stop of ['close', 'kill', 'power loss'] as const) {
      for (const bit of stop === 'kill' ? wrongBits : wrongBits.filter((each) => each % 5 === 0)) {
        const made = await filled()
        // What follows in the log does not bring the queue's entries back: the checkpoint vouches for them.
        await made.sim.run(70_000)
        for (let i = 0; i < 900; i++) void put(made.store, message('x'.repeat(60), { topic: 'Other' }))
        await made.sim.run(10_000)
        await made.sim.settle(put(made.store, message('later', { topic: 'Other' })))
        await made.sim.run(70_000)
        if (stop === 'close') await made.sim.settle(made.store.close())
        else made.machine.kill({ losePower: stop === 'power loss' })
        flip(made, at, bit)
        const store = await made.restart()
        const what = `${stop}, bit ${bit}`
        expect([what, store.maxOffset('TopicTest', 0)]).toEqual([what, 40])
        const found = await bodies(store, 'TopicTest', 0, made.sim)
        expect([what, sent.filter((body, i) => i !== at && !found.includes(body))]).toEqual([what, []])
        await made.sim.settle(put(store, message('next')))
        const { pieces } = await made.sim.settle(
          Promise.resolve(store.get({ topic: 'TopicTest', queueId: 0, queueOffset: 40, maxMessages: 1 })),
        )
        expect(recordsOf(pieces)).toMatchObject([{ queueOffset: 40 }])
      }
    }
  },
  300_000,
)

test('verify names a wrong entry, repair puts it right', async () => {
  const made = await filled()
  await made.sim.settle(made.store.close())
  for (const bit of Array.from({ length: 20 * 8 }, (_, each) => each)) {
    flip(made, 20, bit)
    const { disk } = made.machine.restart()
    const { findings } = verifyStore({ disk, directory: '/store', config })
    // With this one it would be the entry of an extended queue.
    const isExtended = bit === 12 * 8 + 7
    const named = isExtended
      ? { kind: 'extension file', problem: expect.stringContaining('TopicTest queue 0') }
      : { kind: 'consume queue', file: queueFile }
    expect([bit, findings]).toMatchObject([bit, [named]])
    flip(made, 20, bit)
  }
  flip(made, 20, 3)
  await made.sim.settle(repairStore({ io: made.machine.restart(), directory: '/store', config }))
  expect(await bodies(await made.restart(), 'TopicTest', 0, made.sim)).toEqual(sent)
})
