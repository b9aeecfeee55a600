import fc from 'fast-check'
import { simulate, type Simulation } from '@mq/io/sim'
import { describe, expect, test } from 'vitest'
import { createFileStore } from '../src/file-store.js'
import { repairStore, verifyStore } from '../src/index.js'
import { type MessageStore, StoreError } from '../src/message-store.js'
import { checkRecord } from '../src/record-check.js'
import type { StoreConfig } from '../src/store-config.js'
import { host, message, put, world } from './support.js'

const plain = { mappedFileSizeCommitLog: 8192, mappedFileSizeConsumeQueue: 400, maxHashSlotNum: 10, maxIndexNum: 30 }
const extended = { ...plain, enableConsumeQueueExt: true, mappedFileSizeConsumeQueueExt: 500 }
const properties = 'KEYS\u0001a b\u0002TAGS\u0001TagA\u0002'

/** Files of a small store, stopped in one of two ways. */
async function folder(clean: boolean, config: Partial<StoreConfig>): Promise<Map<string, Uint8Array>> {
  const { sim, store, machine } = await world(config)
  for (let i = 0; i < 60; i++) await sim.settle(put(store, message(`message ${i}`, { properties, queueId: i % 2 })))
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
  return files
}

const damage = fc.record({
  file: fc.nat(),
  at: fc.nat(),
  bytes: fc.uint8Array({ minLength: 1, maxLength: 40 }),
  cut: fc.boolean(),
})

describe.each([
  [true, 'plain', plain],
  [false, 'plain', plain],
  [true, 'extended', extended],
  [false, 'extended', extended],
] as const)('a damaged folder (stopped in order: %s, %s queues)', (clean, kind, config) => {
  test('opens, or is refused with a sentence; never anything else', async () => {
    const files = await folder(clean, config)
    const names = [...files.keys()]
    await fc.assert(
      fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 4 }), async (damages) => {
        const sim = simulate({ seed: 1 })
        const { io } = sim.host('a')
        const spoilt = new Map([...files].map(([name, bytes]) => [name, bytes.slice()]))
        for (const { file, at, bytes, cut } of damages) {
          const name = names[file % names.length]!
          const target = spoilt.get(name)!
          if (target.length === 0) continue
          if (cut && at % 5 === 0) spoilt.set(name, target.slice(0, at % target.length))
          else target.set(bytes.subarray(0, target.length - (at % target.length)), at % target.length)
        }
        for (const [name, bytes] of spoilt) {
          io.disk.makeDirectory(name.slice(0, name.lastIndexOf('/')))
          io.disk.replaceWhole(name, bytes)
        }
        // Tools look at such a folder first, or repair it.
        try {
          verifyStore({ disk: io.disk, directory: '/store', config })
          if (damages[0]!.file % 3 === 0) await sim.settle(repairStore({ io, directory: '/store', config }))
        } catch (error) {
          expectKnown(error)
        }
        const store = createFileStore({ io, directory: '/store', storeHost: host, config })
        try {
          await sim.settle(store.start())
          for (const queueId of [0, 1]) await readAll(sim, store, queueId).catch(expectKnown)
          await sim.settle(store.entries('TopicTest', 0, 0, 100))
          const query = { topic: 'TopicTest', key: 'a', maxMessages: 64, beginMs: 0, endMs: Number.MAX_SAFE_INTEGER }
          await sim.settle(store.query(query)).catch(expectKnown)
          expect(await sim.settle(put(store, message('more')))).toBe('OK')
          await sim.settle(store.close())
        } catch (error) {
          expectKnown(error)
        }
      }),
      { numRuns: kind === 'plain' ? 300 : 200, seed: 7 },
    )
  }, 60_000)
})

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
