import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { nodeIo } from '@mq/io/node'
import { put, StoreError } from '@mq/store'
import { afterEach, expect, test, vi } from 'vitest'
import { createSqliteStore, dumpSqliteStore, loadTools, type SqliteDatabase, verifySqliteStore } from '../src/index.js'
import { newFolder, removeFolder, storeHost, wasm } from './support.js'

// Files are real here, and may be slow.
vi.setConfig({ testTimeout: 60_000 })

const driver = await wasm()
const { disk } = nodeIo()
const folders: string[] = []

afterEach(() => folders.splice(0).forEach(removeFolder))

/** A folder with a store of two queues, a half message and a document; `count` messages in the first queue. */
async function folderWithStore(count = 3): Promise<string> {
  const directory = newFolder()
  folders.push(directory)
  const store = createSqliteStore({ driver, io: nodeIo(), directory, storeHost })
  await store.start()
  const properties = { TAGS: 'a', KEYS: 'k1 k2', UNIQ_KEY: 'u' }
  const puts = Array.from({ length: count }, (_, i) => put(store, { topic: 'T', body: `m${i}`, properties }))
  await Promise.all([...puts, put(store, { topic: 'T', queueId: 1, body: 'other' })])
  await put(store, { topic: 'T', body: 'half', sysFlag: 4 })
  store.documents.write('topics.json', '{}')
  await store.close()
  return directory
}

const verify = (directory: string) => verifySqliteStore({ driver, disk, directory })

test('verify finds nothing in a store that is sound, and dump shows what is in it', async () => {
  const directory = await folderWithStore(100)
  const result = verify(directory)
  expect(result).toEqual({ records: 102, end: expect.any(Number), findings: [] })
  const dump = (more: object) => {
    const found: string[] = []
    dumpSqliteStore({ driver, disk, directory, ...more }, ({ body, commitLogOffset, queueId, queueOffset, size }) =>
      found.push(`${queueId}:${queueOffset} ${body.toString()}${commitLogOffset + size === result.end ? ' end' : ''}`),
    )
    return found
  }
  expect(dump({})).toHaveLength(102)
  expect(dump({}).slice(-3)).toEqual(['0:99 m99', '1:0 other', '0:0 half end'])
  expect(dump({ topic: 'T', queueId: 0, from: 97, count: 2 })).toEqual(['0:97 m97', '0:98 m98'])
  expect(dump({ from: result.end - 1 })).toEqual([])
  expect(dump({ topic: 'Other' })).toEqual([])
})

type Change = (database: SqliteDatabase) => void

/** What is wrong, as sentences, when something in the tables was changed. */
async function findingsAfter(change: Change): Promise<string[]> {
  const directory = await folderWithStore()
  const database = driver.open(join(directory, 'store.sqlite'))
  // There is no memory that this library could share.
  database.exec('PRAGMA locking_mode = EXCLUSIVE')
  change(database)
  database.close()
  return verify(directory).findings.map(({ where, problem }) => `${where}: ${problem}`)
}

const sql =
  (text: string): Change =>
  (database) =>
    database.exec(text)

/** Another text in the first record. */
const spoil =
  (text: string, by: string): Change =>
  (database) => {
    const select = database.prepare('SELECT bytes FROM records WHERE position = 0')
    const [{ bytes }] = select.all() as [{ bytes: Uint8Array }]
    select.finalize?.()
    const spoilt = Buffer.from(bytes)
    spoilt.write(by, spoilt.indexOf(text))
    const update = database.prepare('UPDATE records SET bytes = ? WHERE position = 0')
    update.run(spoilt)
    update.finalize?.()
  }

test.each<[what: string, change: Change, sentence: RegExp]>([
  ['a body', spoil('m0', 'm1'), /^record 0: its body does not fit its checksum$/],
  ['half a record', sql("UPDATE records SET bytes = x'0000' WHERE position = 0"), /^record 0: it cannot be read: /],
  ['a key', spoil('k1', 'k3'), /^record 0: the key k1 of T leads to it, and it has no such key$/],
  [
    'a tags code',
    sql('UPDATE records SET tags_code = 5 WHERE position = 0'),
    /^record 0: its tags code is 5 in the table and 97 in the record$/,
  ],
  [
    'a store time',
    sql('UPDATE records SET stored_at = 5 WHERE position = 0'),
    /^record 0: its store time is 5 in the table and \d{13} in the record$/,
  ],
  [
    'a queue',
    sql('UPDATE records SET queue = 2 WHERE queue_offset = 2'),
    /^record \d+: its queue is 1 in the table and 0 in the record$/,
  ],
  ['a lost record', sql('DELETE FROM records WHERE position = 0'), /^key k1 of T: leads to 0, where no record is$/],
  [
    'a gap',
    sql('DELETE FROM keys; DELETE FROM records WHERE queue_offset = 1'),
    /^queue T\/0: has 2 messages between offsets 0 and 2$/,
  ],
  [
    'the end of a queue',
    sql('UPDATE queues SET next_offset = 2 WHERE queue_id = 0'),
    /^queue T\/0: goes on at 2, and its last message is 2$/,
  ],
  ['the end of the log', sql('UPDATE log SET next_position = 7'), /^log: it ends at 7, and the last record at \d+$/],
  ['a document', sql("UPDATE documents SET text = '{'"), /^document topics.json: it cannot be read$/],
])('verify finds %s that is wrong', async (_what, change, sentence) => {
  expect((await findingsAfter(change))[0]).toMatch(sentence)
})

test('verify names what SQLite itself finds, and goes on as far as it can', async () => {
  const directory = await folderWithStore(500)
  const path = join(directory, 'store.sqlite')
  const bytes = readFileSync(path)
  bytes.fill(0xff, bytes.length - 8192)
  writeFileSync(path, bytes)
  const { findings } = verify(directory)
  expect(findings.length).toBeGreaterThan(0)
  expect(findings[0]).toMatchObject({ where: path })
})

test('tools say where there is no store, and that a store is in use', async () => {
  const directory = newFolder()
  folders.push(directory)
  expect(() => verify(directory)).toThrow(StoreError)
  expect(() => verify(directory)).toThrow(/is no store in SQLite: there is no .*store\.sqlite/)
  const store = createSqliteStore({ driver, io: nodeIo(), directory, storeHost })
  await store.start()
  expect(() => verify(directory)).toThrow(/in use by/)
  await store.close()
  const tools = await loadTools()
  expect(tools.verify({ disk, directory }).records).toBe(0)
})
