import type { Io } from '@mq/io'
import { expect, test } from 'vitest'
import { createFileStore } from '../src/file-store.js'
import { dropStoreNote, host, message, put, world, type World } from './support.js'

/*
 * A broker may have 80,000 queues: what a start asks of each decides how long it takes. Reads are counted, for time says little.
 */
const config = { mappedFileSizeCommitLog: 1 << 17, mappedFileSizeConsumeQueue: 20_000 }
const queues = 40

interface Counts {
  opened: number
  reads: number
}

/** The same world, whose disk counts what is asked of the files in a folder. */
function counting(io: Io, folder: string): Counts & { io: Io } {
  const counts = { opened: 0, reads: 0 }
  const watch = <T extends object>(target: T, isCounted: (name: string, args: unknown[]) => boolean): T =>
    new Proxy(target, {
      get(_, name) {
        const value = Reflect.get(target, name) as unknown
        if (typeof value !== 'function') return value
        return (...args: unknown[]) => {
          const isOfFolder = isCounted(String(name), args)
          if (isOfFolder && name === 'open') counts.opened++
          if (isOfFolder && (name === 'readNow' || name === 'read')) counts.reads++
          const result = Reflect.apply(value, target, args) as unknown
          return name === 'open' ? watch(result as object, () => isOfFolder) : result
        }
      },
    })
  const disk = watch(io.disk, (_, [path]) => String(path).startsWith(`/store/${folder}/`))
  const { clock, network, random } = io
  return Object.assign(counts, { io: { ...io, clock, network, random, host: io.host, disk } })
}

async function filled(perQueue: number): Promise<World> {
  const made = await world(config)
  for (let i = 0; i < perQueue; i++)
    for (let queueId = 0; queueId < queues; queueId++) made.store.append(message('', { queueId }))
  await made.sim.settle(put(made.store, message('')))
  return made
}

async function readsOfStart(
  { sim, machine }: World,
  folder: string,
  change: (io: Io) => void = () => {},
): Promise<Counts> {
  if (machine.alive) machine.kill()
  const io = machine.restart()
  change(io)
  const counted = counting(io, folder)
  await sim.settle(createFileStore({ io: counted.io, directory: '/store', storeHost: host, config }).start())
  machine.kill()
  return counted
}

test('after a stop in order a queue is read once, and one record of it', async () => {
  const made = await filled(100)
  await made.sim.settle(made.store.close())
  expect(await readsOfStart(made, 'consumequeue')).toMatchObject({ opened: queues, reads: queues })
  const again = await filled(100)
  await again.sim.settle(again.store.close())
  // The end of the log is looked for as well.
  expect((await readsOfStart(again, 'commitlog')).reads).toBeLessThan(queues + 10)
})

test("few more are enough in a folder that Apache's broker left in order, whose last files of the log are read anew", async () => {
  const made = await filled(100)
  await made.sim.settle(made.store.close())
  expect(await readsOfStart(made, 'consumequeue', dropStoreNote)).toMatchObject({ opened: queues, reads: 4 * queues })
  const again = await filled(100)
  await again.sim.settle(again.store.close())
  // One record by its last entry, one by the first that is dropped.
  expect((await readsOfStart(again, 'commitlog', dropStoreNote)).reads).toBeLessThan(2 * queues + 20)
})

test('a queue with a long file is searched for its end, and not more', async () => {
  const made = await filled(400)
  await made.sim.settle(made.store.close())
  const { opened, reads } = await readsOfStart(made, 'consumequeue')
  expect(opened).toBe(queues)
  // The first entries, the middle of 1000, one half, the last ones.
  expect(reads / queues).toBeLessThanOrEqual(4)
})

test('after a stop without notice as many reads are enough, but where entries are dropped', async () => {
  const made = await filled(100)
  await made.sim.run(70_000)
  for (let i = 0; i < 1500; i++) made.store.append(message('', { topic: 'Other' }))
  await made.sim.run(10_000)
  await made.sim.settle(put(made.store, message('', { topic: 'Other' })))
  await made.sim.run(70_000)
  expect((await readsOfStart(made, 'consumequeue')).reads).toBeLessThan(queues + 30)
})
