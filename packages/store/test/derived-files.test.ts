import { silentLogger } from '@mq/io'
import { describe, expect, test } from 'vitest'
import { bodies, dropStoreNote, message, put, world, type World } from './support.js'

const small = { mappedFileSizeCommitLog: 4096, mappedFileSizeConsumeQueue: 200, maxHashSlotNum: 10, maxIndexNum: 30 }
/** Between two checkpoints; consume queues are written each second. */
const everyMs = 4000

/** A store whose syncs of what `failing` matches fail while it is set; keeps what the log says about it. */
async function failingWorld() {
  const trouble: { failing: RegExp | undefined; told: string[] } = { failing: undefined, told: [] }
  const error = (_data: object, sentence: string) => void trouble.told.push(sentence)
  const made = await world(
    { ...small, flushConsumeQueueThoroughInterval: everyMs },
    {
      logger: { ...silentLogger, error } as typeof silentLogger,
      sim: {
        faults: {
          diskError: (_host, call, path) =>
            call === 'sync' && trouble.failing?.test(path) === true ? 'IO_FAILED' : undefined,
        },
      },
    },
  )
  return { made, trouble }
}

/** Sends to a queue of its own for a while, so that the commit log goes on by several files. */
async function goOn({ sim, store }: World, count = 200, pauseMs = 50): Promise<void> {
  for (let i = 0; i < count; i++) {
    await sim.settle(put(store, message(`b${i}`, { topic: 'Busy' })))
    await sim.run(pauseMs)
  }
}

/**
 * To two queues, of which nothing comes any more then: eight messages that a checkpoint vouches for, and six behind them, which begin
 * other files.
 */
async function sendIdle({ sim, store }: World): Promise<void> {
  for (const [i, body] of sent(14).entries()) {
    if (i === 8) await sim.run(2 * everyMs)
    for (const topic of ['Idle', 'Another'])
      await sim.settle(put(store, message(body, { topic, properties: 'KEYS\u0001k\u0002' })))
  }
}

async function foundByKey({ sim, store }: World): Promise<number> {
  const query = { topic: 'Idle', key: 'k', maxMessages: 32, beginMs: 0, endMs: Infinity }
  return (await sim.settle(store.query(query))).records.length
}

const sent = (count: number) => Array.from({ length: count }, (_, i) => `m${i}`)

describe('a sync of derived files that fails', () => {
  test.each([
    ['a consume queue', /consumequeue\/Idle\/0\/\d+$/],
    ['the folder of a consume queue', /consumequeue\/Idle\/0$/],
    ['the queue of another topic', /consumequeue\/Another\/0\/\d+$/],
    ['the key index', /index\/\d+$/],
  ])('of %s: no checkpoint vouches for it, and nothing is lost by a power loss', async (_, path) => {
    const { made, trouble } = await failingWorld()
    await sendIdle(made)
    trouble.failing = path
    await made.sim.run(everyMs)
    trouble.failing = undefined
    await goOn(made)
    const { told } = trouble
    await made.restart({ losePower: true })
    expect(await bodies(made.store, 'Idle', 0, made.sim)).toEqual(sent(14))
    expect(await bodies(made.store, 'Another', 0, made.sim)).toEqual(sent(14))
    expect(made.store.maxOffset('Busy', 0)).toBe(200)
    expect(await foundByKey(made)).toBe(14)
    expect(told).toEqual([expect.stringMatching(/no checkpoint.*restart/)])
  })

  test('the folder is not left in order, and the next start makes good what was not kept', async () => {
    const { made, trouble } = await failingWorld()
    await sendIdle(made)
    trouble.failing = /consumequeue/
    await made.sim.run(everyMs)
    trouble.failing = undefined
    await goOn(made)
    await made.sim.settle(made.store.close())
    expect(made.machine.io.disk.exists('/store/abort')).toBe(true)
    await made.restart()
    await goOn(made)
    await made.restart({ losePower: true })
    expect(await bodies(made.store, 'Idle', 0, made.sim)).toEqual(sent(14))
    expect(made.store.maxOffset('Busy', 0)).toBe(400)
  })
})

test('the name of a file that a killed process made is made to last by the next', async () => {
  const { made } = await failingWorld()
  const send = async (body: string) => made.sim.settle(put(made.store, message(body, { topic: 'Idle' })))
  for (const body of sent(10)) await send(body)
  await goOn(made)
  // Its first file is full, so that this makes another one; killed before the next checkpoint.
  for (const body of sent(14).slice(10)) await send(body)
  await made.sim.run(everyMs / 4)
  expect(made.machine.io.disk.list('/store/consumequeue/Idle/0')).toHaveLength(2)
  await made.restart()
  await goOn(made)
  await made.restart({ losePower: true })
  expect(await bodies(made.store, 'Idle', 0, made.sim)).toEqual(sent(14))
})

test("what was missing of a folder that Apache's broker left in order lasts once it is there again", async () => {
  const { made } = await failingWorld()
  for (const body of sent(14)) await made.sim.settle(put(made.store, message(body, { topic: 'Idle' })))
  // Now the last file of the log begins before what Apache's checkpoint vouches for.
  await goOn(made, 60, 100)
  await made.sim.settle(made.store.close())
  const io = made.machine.restart()
  dropStoreNote(io)
  io.disk.remove('/store/consumequeue/Idle/0/00000000000000000200')
  io.disk.syncDirectory('/store/consumequeue/Idle/0')
  await made.restart()
  expect(await bodies(made.store, 'Idle', 0, made.sim)).toEqual(sent(14))
  await made.restart({ losePower: true })
  expect(await bodies(made.store, 'Idle', 0, made.sim)).toEqual(sent(14))
})

test('entries of records that a power loss took do not come back with the next one', async () => {
  let survivor: RegExp | undefined = /consumequeue/
  const made = await world(
    {
      ...small,
      flushDiskType: 'ASYNC_FLUSH',
      flushIntervalCommitLog: 10_000,
      flushConsumeQueueThoroughInterval: everyMs,
    },
    {
      sim: {
        faults: {
          survives: (_host, path) => survivor?.test(path) === true,
          namesSurvive: () => true,
        },
      },
    },
  )
  for (const body of sent(3)) await made.sim.settle(put(made.store, message(body, { topic: 'Idle' })))
  await made.sim.run(everyMs / 2)
  await made.restart({ losePower: true })
  expect([made.store.maxOffset('Idle', 0), made.store.stats().commitLogMaxOffset]).toEqual([0, 0])
  survivor = undefined
  await goOn(made)
  await made.restart({ losePower: true })
  expect(made.store.stats().commitLogMaxOffset).toBeGreaterThan(0)
  expect(made.store.maxOffset('Idle', 0)).toBe(0)
})
