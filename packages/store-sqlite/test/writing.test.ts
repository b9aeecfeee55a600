import fs, { cpSync } from 'node:fs'
import { nodeIo } from '@mq/io/node'
import { put, StoreError } from '@mq/store'
import { afterEach, expect, test, vi } from 'vitest'
import { createSqliteStore, type SqliteDatabase, type SqliteDriver } from '../src/index.js'
import { bodies, newFolder, removeFolder, simulated, storeHost, wasm } from './support.js'

// Files are real here, and may be slow.
vi.setConfig({ testTimeout: 60_000 })

const library = await wasm()
const folders: string[] = []

const folder = (): string => {
  folders.push(newFolder())
  return folders.at(-1)!
}

afterEach(() => {
  vi.restoreAllMocks()
  folders.splice(0).forEach(removeFolder)
})

/** The library, telling what it is asked to do; `then` may do more with the open database. */
function listening(said: string[], then?: (database: SqliteDatabase) => void): SqliteDriver {
  return {
    open() {
      const database = library.open(':memory:')
      then?.(database)
      return {
        exec: (sql) => database.exec(sql),
        close: () => database.close(),
        prepare(sql) {
          const [verb] = sql.split(' ')
          said.push(`prepare ${verb}`)
          const statement = database.prepare(sql)
          return {
            run: (...values) => void (said.push(verb!), statement.run(...values)),
            all: (...values) => statement.all(...values),
            finalize: () => statement.finalize?.(),
          }
        },
      }
    },
  }
}

test('the appends of a turn are one transaction, and no statement is compiled for them', async () => {
  const said: string[] = []
  const { sim, store } = await simulated({ driver: listening(said) })
  said.length = 0
  await sim.settle(Promise.all(Array.from({ length: 100 }, (_, i) => put(store, { topic: 'T', body: `m${i}` }))))
  expect(said.filter((verb) => verb === 'BEGIN')).toHaveLength(1)
  expect(said.filter((verb) => verb === 'COMMIT')).toHaveLength(1)
  expect(said.filter((verb) => verb === 'INSERT')).toHaveLength(101)
  expect(said.filter((verb) => verb.startsWith('prepare'))).toEqual([])
  await sim.settle(store.close())
})

/** What is in a store that goes on from the files as they were when the disk last synced. */
async function afterPowerLoss(flushDiskType: 'SYNC_FLUSH' | 'ASYNC_FLUSH'): Promise<string[]> {
  const [directory, synced] = [folder(), folder()]
  const options = { driver: library, io: nodeIo(), storeHost, config: { flushDiskType } }
  const store = createSqliteStore({ ...options, directory })
  await store.start()
  await put(store, { topic: 'T', body: 'first' })
  const { fsyncSync } = fs
  const copy = () => cpSync(directory, synced, { recursive: true, filter: (path) => !path.includes('lock') })
  copy()
  vi.spyOn(fs, 'fsyncSync').mockImplementation((file) => {
    fsyncSync(file)
    copy()
  })
  await put(store, { topic: 'T', body: 'second' })
  vi.restoreAllMocks()
  await store.close()
  const next = createSqliteStore({ ...options, directory: synced })
  await next.start()
  const found = await bodies(next, 'T')
  await next.close()
  return found
}

test('an acknowledged message is on the disk with SYNC_FLUSH, and with ASYNC_FLUSH nobody waits for the disk', async () => {
  expect(await afterPowerLoss('SYNC_FLUSH')).toEqual(['first', 'second'])
  expect(await afterPowerLoss('ASYNC_FLUSH')).toEqual(['first'])
})

test('a document is on the disk when write returns, with ASYNC_FLUSH too', async () => {
  const directory = folder()
  const store = createSqliteStore({
    driver: library,
    io: nodeIo(),
    directory,
    storeHost,
    config: { flushDiskType: 'ASYNC_FLUSH' },
  })
  await store.start()
  const sync = vi.spyOn(fs, 'fsyncSync')
  store.documents.write('topics.json', '{}')
  expect(sync).toHaveBeenCalled()
  sync.mockClear()
  await put(store, { topic: 'T', body: 'x' })
  expect(sync).not.toHaveBeenCalled()
  await store.close()
})

test('a full database refuses with a sentence, is read on, and takes messages again when there is space', async () => {
  let database!: SqliteDatabase
  const { sim, store } = await simulated({ driver: listening([], (opened) => (database = opened)) })
  await sim.settle(put(store, { topic: 'T', body: 'before' }))
  const [{ page_count: pages }] = database.prepare('PRAGMA page_count').all() as [{ page_count: number }]
  database.exec(`PRAGMA max_page_count = ${pages + 2}`)
  const large = { topic: 'T', body: Buffer.alloc(100_000, 'x') }
  const failed = await sim.settle(put(store, large).catch((error: unknown) => error))
  expect(failed).toBeInstanceOf(StoreError)
  expect(failed).toMatchObject({
    code: 'NOT_WRITABLE',
    message: expect.stringMatching(
      /\/store\/store\.sqlite: the disk is full: free some space .*; messages are taken again/,
    ),
  })
  await expect(put(store, { topic: 'T', body: 'meanwhile' })).rejects.toMatchObject({ code: 'REFUSED' })
  await sim.run(5000)
  expect(store.refusal).toMatch(/the disk is full/)
  expect(await bodies(store, 'T')).toEqual(['before'])
  database.exec('PRAGMA max_page_count = 1000000')
  await sim.run(1000)
  expect(store.refusal).toBeUndefined()
  const after = await sim.settle(put(store, { topic: 'T', body: 'after' }))
  // What had its place when the disk was full was kept in memory, and has it still.
  expect(after.queueOffset).toBe(2)
  expect((await bodies(store, 'T')).map((body) => body.length)).toEqual([6, 100_000, 5])
})

test('after an error that SQLite does not explain nothing is taken until a restart', async () => {
  let fails = false
  const driver: SqliteDriver = {
    open() {
      const database = library.open(':memory:')
      return {
        exec: (sql) => database.exec(sql),
        close: () => database.close(),
        prepare(sql) {
          const statement = database.prepare(sql)
          if (sql !== 'COMMIT') return statement
          return {
            ...statement,
            run: () => {
              if (fails) throw new Error('disk I/O error')
              statement.run()
            },
          }
        },
      }
    },
  }
  const { sim, store } = await simulated({ driver })
  await sim.settle(put(store, { topic: 'T', body: 'before' }))
  fails = true
  const failed = await sim.settle(put(store, { topic: 'T', body: 'lost' }).catch((error: unknown) => error))
  expect(failed).toMatchObject({
    code: 'NOT_WRITABLE',
    message: expect.stringContaining('(disk I/O error); then restart'),
  })
  fails = false
  await sim.run(60_000)
  expect(store.refusal).toMatch(/then restart/)
  expect(await bodies(store, 'T')).toEqual(['before'])
  await sim.settle(store.close())
})
