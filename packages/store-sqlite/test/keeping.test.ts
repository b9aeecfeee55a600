import { closeSync, fstatSync, openSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { nodeIo } from '@mq/io/node'
import { createFileStore, type MessageStore, put, StoreError } from '@mq/store'
import { afterEach, expect, test, vi } from 'vitest'
import { createSqliteStore, type SqliteStoreOptions } from '../src/index.js'
import { bodies, newFolder, removeFolder, simulated, storeHost, wasm } from './support.js'

// Files are real here, and may be slow.
vi.setConfig({ testTimeout: 60_000 })

const driver = await wasm()
const folders: string[] = []
const opened: MessageStore[] = []

afterEach(async () => {
  for (const store of opened.splice(0)) await store.close()
  folders.splice(0).forEach(removeFolder)
})

const folder = (): string => {
  folders.push(newFolder())
  return folders.at(-1)!
}

const storeIn = (directory: string, more: Partial<SqliteStoreOptions> = {}): MessageStore => {
  const store = createSqliteStore({ driver, io: nodeIo(), directory, storeHost, ...more })
  opened.push(store)
  return store
}

const hourMs = 3_600_000

test('old messages go with their keys, offsets go on, and half messages go too', async () => {
  let hours = 2
  const { sim, store } = await simulated({ reservedHours: () => hours, config: { cleanResourceInterval: 600_000 } })
  const keyed = (body: string) => put(store, { topic: 'T', body, properties: { KEYS: 'k' } })
  const half = await sim.settle(put(store, { topic: 'T', body: 'half', sysFlag: 4 }))
  // More than are deleted in one transaction.
  await sim.settle(Promise.all(Array.from({ length: 2500 }, (_, i) => keyed(`old ${i}`))))
  await sim.run(hourMs)
  await sim.settle(keyed('young'))
  expect(store.minOffset('T', 0)).toBe(0)
  await sim.run(1.5 * hourMs)
  expect(await bodies(store, 'T')).toEqual(['young'])
  expect([store.minOffset('T', 0), store.maxOffset('T', 0)]).toEqual([2500, 2501])
  expect(await store.get({ topic: 'T', queueId: 0, queueOffset: 7, maxMessages: 1 })).toMatchObject({
    status: 'OFFSET_TOO_SMALL',
    nextOffset: 2500,
  })
  const found = await store.query({ topic: 'T', key: 'k', maxMessages: 64, beginMs: 0, endMs: 1e15 })
  expect(found.records).toHaveLength(1)
  expect(await store.recordAt(half.commitLogOffset)).toBeUndefined()
  hours = 0
  await sim.run(600_000)
  expect([store.minOffset('T', 0), store.maxOffset('T', 0)]).toEqual([2501, 2501])
  hours = 1
  expect((await sim.settle(keyed('next'))).queueOffset).toBe(2501)
  expect(await bodies(store, 'T')).toEqual(['next'])
})

test('places go on after all messages have gone and the store was opened anew', async () => {
  const directory = folder()
  const first = storeIn(directory, { reservedHours: () => -1 })
  await first.start()
  const before = await put(first, { topic: 'T', body: 'gone' })
  await first.cleanExpired()
  expect(await bodies(first, 'T')).toEqual([])
  await first.close()
  const second = storeIn(directory)
  await second.start()
  expect([second.minOffset('T', 0), second.maxOffset('T', 0)]).toEqual([1, 1])
  const after = await put(second, { topic: 'T', body: 'kept' })
  expect([after.queueOffset, after.commitLogOffset]).toEqual([1, before.endOffset])
})

test('what is left of an unreadable document is its version before, over close and start', async () => {
  const directory = folder()
  const first = storeIn(directory)
  await first.start()
  first.documents.write('topics.json', '{"a":1}')
  first.documents.write('topics.json', '{"a":')
  await first.close()
  const second = storeIn(directory)
  await second.start()
  expect(second.documents.read('topics.json')).toEqual({ a: 1 })
})

const refusal = async (store: MessageStore) => store.start().catch((error: unknown) => error)

test('a folder that is in use is refused, and so is a database that another program has open', async () => {
  const directory = folder()
  await storeIn(directory).start()
  const second = await refusal(storeIn(directory))
  expect(second).toBeInstanceOf(StoreError)
  expect(second).toMatchObject({ code: 'IN_USE', message: expect.stringContaining(directory) })
  const other = folder()
  const program = driver.open(join(other, 'store.sqlite'))
  program.exec('PRAGMA locking_mode = EXCLUSIVE; CREATE TABLE t (a)')
  expect(await refusal(storeIn(other, { driver: { open: driver.open } }))).toMatchObject({
    code: 'IN_USE',
    message: expect.stringMatching(/store\.sqlite: another program has it open: close that, or use another folder/),
  })
  program.close()
})

test('what is no database, another one, a later one or damaged is refused by name, and left as it is', async () => {
  const make = (write: (path: string) => void) => {
    const directory = folder()
    write(join(directory, 'store.sqlite'))
    return directory
  }
  const sql = (text: string) => (path: string) => {
    const database = driver.open(path)
    database.exec(text)
    database.close()
  }
  const cases: [directory: string, code: string, sentence: RegExp][] = [
    [make((path) => writeFileSync(path, 'no database at all, '.repeat(100))), 'FORMAT', /it is no SQLite database/],
    [make(sql('CREATE TABLE accounts (name TEXT)')), 'FORMAT', /is the database of another program/],
  ]
  const later = folder()
  await storeIn(later).start()
  await opened.pop()!.close()
  sql('PRAGMA locking_mode = EXCLUSIVE; PRAGMA user_version = 99')(join(later, 'store.sqlite'))
  cases.push([later, 'FORMAT', /written by a later version of @mq\/store-sqlite/])
  const damaged = folder()
  await storeIn(damaged).start()
  await opened.pop()!.close()
  const file = openSync(join(damaged, 'store.sqlite'), 'r+')
  writeSync(file, Buffer.alloc(fstatSync(file).size - 4096, 0xff), 0, undefined, 4096)
  closeSync(file)
  cases.push([damaged, 'CORRUPT', /it is damaged: keep a copy, then save what can be read/])
  for (const [directory, code, sentence] of cases)
    expect(await refusal(storeIn(directory))).toMatchObject({ code, message: expect.stringMatching(sentence) })
})

test("RocketMQ's files and SQLite do not hide each other's messages", async () => {
  const [ofFiles, ofSqlite] = [folder(), folder()]
  const files = createFileStore({ io: nodeIo(), directory: ofFiles, storeHost })
  await files.start()
  await put(files, { topic: 'T', body: 'in files' })
  await files.close()
  expect(await refusal(storeIn(ofFiles))).toMatchObject({
    code: 'FORMAT',
    message: expect.stringContaining('commitlog'),
  })
  const store = storeIn(ofSqlite)
  await store.start()
  await store.close()
  const other = createFileStore({ io: nodeIo(), directory: ofSqlite, storeHost })
  expect(await refusal(other)).toMatchObject({ code: 'FORMAT', message: expect.stringContaining('store.sqlite') })
  // Nothing of that has made it another kind of folder.
  await storeIn(ofSqlite).start()
})

test('a store that is not open says so', async () => {
  const store = storeIn(folder())
  expect(() => store.maxOffset('T', 0)).toThrow('the store has not been started')
  await store.start()
  await store.close()
  expect(() => store.get({ topic: 'T', queueId: 0, queueOffset: 0, maxMessages: 1 })).toThrow('the store is closed')
})
