import type { Io } from '@mq/io'
import fc from 'fast-check'
import { simulate, type Simulation } from '@mq/io/sim'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { createFileStore } from '../src/file-store.js'
import { dumpStore, repairStore, verifyStore } from '../src/index.js'
import { type MessageStore, StoreError } from '../src/message-store.js'
import { checkRecord } from '../src/record-check.js'
import type { StoreConfig } from '../src/store-config.js'
import { damage } from './file-damage.js'
import { bodies, host, message, put, world } from './support.js'

const plain = { mappedFileSizeCommitLog: 8192, mappedFileSizeConsumeQueue: 400, maxHashSlotNum: 10, maxIndexNum: 30 }
const extended = { ...plain, enableConsumeQueueExt: true, mappedFileSizeConsumeQueueExt: 500 }
const properties = 'KEYS\u0001a b\u0002TAGS\u0001TagA\u0002'

/** Larger than anything that these small files call for. */
const memoryMax = 32 << 20

/** Files of a small store, stopped in one of two ways, with what 5.x adds to one. */
async function folder(clean: boolean, config: Partial<StoreConfig>): Promise<Map<string, Uint8Array>> {
  const { sim, store, machine } = await world(config)
  for (let i = 0; i < 60; i++) await sim.settle(put(store, message(`message ${i}`, { properties, queueId: i % 2 })))
  for (const version of [1, 2]) store.documents.write('topics.json', `{"topicConfigTable":{},"version":${version}}`)
  await sim.run(3000)
  if (clean) await sim.settle(store.close())
  const files = new Map<string, Uint8Array>()
  const { disk } = machine.io
  const walk = (path: string): void => {
    for (const name of disk.list(path)) {
      const child = `${path}/${name}`
      if (disk.stat(child)!.directory) walk(child)
      else files.set(child, disk.readWhole(child)!)
    }
  }
  walk('/store')
  files.set('/store/damaged.json', Buffer.from('{"damages":[{"from":300,"to":310,"reason":"a test","foundMs":1}]}'))
  files.set('/store/timerwheel', Buffer.alloc(320))
  files.set('/store/config/timercheck', Buffer.alloc(56))
  files.set('/store/consumequeue/rmq_sys_wheel_timer/0/00000000000000000000', Buffer.alloc(400))
  return files
}

afterEach(() => vi.restoreAllMocks())

/** The largest stretch of memory that was asked for since the call before. */
function largestMemory(): () => number {
  const spies = (['alloc', 'allocUnsafe', 'allocUnsafeSlow'] as const).map((name) => vi.spyOn(Buffer, name))
  return () => {
    const sizes = spies.flatMap(({ mock }) => mock.calls.map(([size]) => size))
    for (const spy of spies) spy.mockClear()
    return sizes.reduce((largest, size) => Math.max(largest, size), 0)
  }
}

describe.each([
  [true, 'plain', plain],
  [false, 'plain', plain],
  [true, 'extended', extended],
  [false, 'extended', extended],
] as const)('a damaged folder (stopped in order: %s, %s queues)', (clean, kind, config) => {
  test('opens, or is refused with a sentence; never anything else, nor much memory', async () => {
    const files = await folder(clean, config)
    const names = [...files.keys()]
    const largest = largestMemory()
    await fc.assert(
      fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 4 }), async (damages) => {
        const sim = simulate({ seed: 1 })
        const { io } = sim.host('a')
        const spoilt = new Map<string, Uint8Array>([...files].map(([name, bytes]) => [name, bytes.slice()]))
        for (const { file, change } of damages) {
          const name = names[file % names.length]!
          const bytes = spoilt.get(name)
          const after = bytes && change(bytes)
          if (after) spoilt.set(name, after)
          else spoilt.delete(name)
        }
        for (const [name, bytes] of spoilt) {
          io.disk.makeDirectory(name.slice(0, name.lastIndexOf('/')))
          io.disk.replaceWhole(name, bytes)
        }
        largest()
        await useAll(sim, io, config, damages[0]!.file % 3 === 0)
        expect(largest()).toBeLessThan(memoryMax)
      }),
      { numRuns: kind === 'plain' ? 200 : 100, seed: 7 },
    )
  }, 120_000)
})

/** Everything that anybody does with a folder. */
async function useAll(sim: Simulation, io: Io, config: Partial<StoreConfig>, isRepaired: boolean): Promise<void> {
  // Tools look at such a folder first, or repair it.
  try {
    verifyStore({ disk: io.disk, directory: '/store', config })
    dumpStore({ disk: io.disk, directory: '/store', config }, () => {})
    if (isRepaired) await sim.settle(repairStore({ io, directory: '/store', config }))
  } catch (error) {
    expectKnown(error)
  }
  const store = createFileStore({ io, directory: '/store', storeHost: host, config })
  try {
    await sim.settle(store.start())
    for (const queueId of [0, 1]) await readAll(sim, store, queueId).catch(expectKnown)
    const query = { topic: 'TopicTest', key: 'a', maxMessages: 64, beginMs: 0, endMs: Number.MAX_SAFE_INTEGER }
    await sim.settle(store.query(query)).catch(expectKnown)
    for (const position of [0, 88, 300, 8192]) await sim.settle(store.recordAt(position))
    await sim.settle(store.entries('TopicTest', 0, 0, 100))
    await sim.settle(store.offsetByTime('TopicTest', 0, 1_704_067_200_500))
    store.documents.read('topics.json')
    store.documents.write('topics.json', '{}')
    expect(store.documents.read('topics.json')).toEqual({})
    expect(await sim.settle(put(store, message('more')))).toBe('OK')
    await sim.settle(store.close())
  } catch (error) {
    expectKnown(error)
  }
}

async function readAll(sim: Simulation, store: MessageStore, queueId: number): Promise<void> {
  for (let queueOffset = 0; queueOffset < store.maxOffset('TopicTest', queueId);) {
    const request = { topic: 'TopicTest', queueId, queueOffset, maxMessages: 32, matches: (code: number) => code !== 0 }
    const { nextOffset, bytes, status } = await sim.settle(Promise.resolve(store.get(request)))
    expect(bytes).toBeLessThan(1_000_000)
    if (nextOffset <= queueOffset) throw new Error(`${status} at ${queueOffset} leads to ${nextOffset}`)
    queueOffset = nextOffset
  }
}

function expectKnown(error: unknown): void {
  if (!(error instanceof StoreError)) throw error
  expect(error.message.length).toBeGreaterThan(30)
}

test('any bytes are checked as a record without a crash, and never read beyond', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (bytes, withMagic) => {
      const buffer = Buffer.from(bytes)
      if (withMagic && buffer.length >= 8) {
        buffer.writeInt32BE(buffer.length, 0)
        buffer.writeUInt32BE(0xdaa320a7, 4)
      }
      const checked = checkRecord(buffer, 0, 0, 1000, true)
      if (checked.kind === 'record') expect(checked.size).toBeLessThanOrEqual(buffer.length)
    }),
  )
})

test('a note of damage that leads out of the log is not believed', async () => {
  const { sim, store, machine, restart } = await world(plain)
  await sim.settle(put(store, message('kept')))
  await sim.settle(store.close())
  const note = '{"damages":[{"from":0,"to":1000000000000,"reason":"none","foundMs":1}]}'
  machine.restart().disk.replaceWhole('/store/damaged.json', Buffer.from(note))
  const again = await restart()
  expect(await sim.settle(put(again, message('more')))).toBe('OK')
  expect(again.stats().commitLogMaxOffset).toBeLessThan(1000)
  expect(await bodies(again, 'TopicTest', 0, sim)).toEqual(['kept', 'more'])
})
