import type { Io } from '@mq/io'
import { describe, expect, test } from 'vitest'
import { Checkpoint } from '../src/checkpoint.js'
import { createFileStore } from '../src/file-store.js'
import { dropStoreNote, failingDisk, host, message, put, watchedDisk, world, type World } from './support.js'

const config = { mappedFileSizeCommitLog: 1 << 17, maxHashSlotNum: 10, maxIndexNum: 30 }
/** Queues are written at each multiple of 4096 entries: the first gets some behind that, which no file at the end of the log has. */
const entries = { First: 4200, Last: 4200 }
const queueFile = `/store/consumequeue/First/0/${'0'.repeat(20)}`

async function filled(): Promise<World> {
  const made = await world(config)
  for (const [topic, count] of Object.entries(entries)) {
    for (let i = 1; i < count; i++) made.store.append(message('', { topic }))
    // What lies more than three seconds before a checkpoint is safe.
    await made.sim.run(4000)
    await made.sim.settle(put(made.store, message('', { topic, properties: 'KEYS\u0001k\u0002' })))
  }
  return made
}

const ends = ({ store }: World) =>
  Object.fromEntries(Object.keys(entries).map((topic) => [topic, store.maxOffset(topic, 0)]))

/** Ends the store, and does something to the folder, so that the next start makes all queues anew. */
const endings: Record<string, (made: World) => Promise<Io>> = {
  async 'stopped in order'(made) {
    await made.sim.settle(made.store.close())
    const io = made.machine.restart()
    io.disk.removeTree('/store/consumequeue/First')
    return io
  },
  async 'stopped in order, without its key index'(made) {
    await made.sim.settle(made.store.close())
    const io = made.machine.restart()
    io.disk.removeTree('/store/index')
    return io
  },
  async 'stopped without notice'(made) {
    // With a checkpoint that vouches for all but the newest.
    await made.sim.settle(made.store.close())
    await made.restart()
    made.machine.kill()
    const io = made.machine.restart()
    io.disk.removeTree('/store/consumequeue/First')
    return io
  },
  async "stopped in order by Apache's broker"(made) {
    await made.sim.settle(made.store.close())
    const io = made.machine.restart()
    dropStoreNote(io)
    const queue = io.disk.open(queueFile)
    queue.write(new Uint8Array(7).fill(1), (entries.First - 1) * 20 + 1)
    queue.close()
    return io
  },
}

describe('consume queues made anew at the start', () => {
  test.each(Object.keys(endings))(
    'of a folder %s: broken off at any write, the next start brings everything back',
    async (ending) => {
      const made = await filled()
      // Each of them with and without a power loss.
      for (let round = 0; ; round++) {
        const calls = Math.floor(round / 2)
        const io = await endings[ending]!(made)
        let left = calls
        const failing = failingDisk(io, () => left-- > 0)
        const outcome = await made.sim
          .settle(createFileStore({ io: failing, directory: '/store', storeHost: host, config }).start())
          .then(() => 'done')
          .catch(() => 'broken off')
        await made.restart({ losePower: round % 2 === 0 })
        expect([round, ends(made)]).toEqual([round, entries])
        if (outcome === 'done') return expect(calls).toBeGreaterThan(8)
      }
    },
    120_000,
  )
})

test('after consume queues were forgotten the log is read once, not also to see where it is safe to begin', async () => {
  const made = await filled()
  await made.sim.settle(made.store.close())
  const io = made.machine.restart()
  const checkpoint = new Checkpoint(io.disk, '/store/checkpoint')
  checkpoint.load()
  checkpoint.forgetQueues()
  let bytesRead = 0
  const counting = watchedDisk(io, (name, [target], path) => {
    if (path?.includes('/commitlog/') && name === 'readNow') bytesRead += (target as Uint8Array).length
  })
  const files = io.disk.list('/store/commitlog').length
  // As after a stop without notice.
  io.disk.open('/store/abort', { create: true }).close()
  const store = createFileStore({ io: counting, directory: '/store', storeHost: host, config })
  await made.sim.settle(store.start())
  expect(store.maxOffset('First', 0)).toBe(entries.First)
  expect(files).toBeGreaterThan(4)
  expect(bytesRead).toBeLessThan((files + 2) * config.mappedFileSizeCommitLog)
})
