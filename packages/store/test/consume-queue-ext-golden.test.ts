import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nodeIo } from '@mq/io/node'
import { javaHash } from '@mq/protocol'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createFileStore } from '../src/file-store.js'
import { repairStore, type StoreConfig, verifyStore } from '../src/index.js'
import { bodies, host, message, put } from './support.js'
import { unpack } from './unpack.js'

/** Written by Apache's broker 4.7.1 with enableConsumeQueueExt=true: 400 messages to the topic Extended. */
const name = '4.7.1-extended'
const plain = {
  mappedFileSizeCommitLog: 1_048_576,
  mappedFileSizeConsumeQueue: 2000,
  maxHashSlotNum: 500,
  maxIndexNum: 400,
}
const extended = { ...plain, enableConsumeQueueExt: true, mappedFileSizeConsumeQueueExt: 2048 }

let directory: string
let root: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'mq-store-'))
  unpack(name, directory)
  root = join(directory, 'store')
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const verify = () => verifyStore({ disk: nodeIo().disk, directory: root, config: plain })

async function open(config: Partial<StoreConfig>) {
  const store = createFileStore({ io: nodeIo(), directory: root, storeHost: host, config })
  await store.start()
  return store
}

/** Bytes of all consume queue and extension files, by their path in the store. */
function queueFiles(): Map<string, string> {
  const paths = ['consumequeue', 'consumequeue_ext'].flatMap((folder) =>
    existsSync(join(root, folder))
      ? readdirSync(join(root, folder), { recursive: true }).map((path) => join(folder, String(path)))
      : [],
  )
  const files = paths.sort().filter((path) => /\d{20}$/.test(path))
  return new Map(files.map((path) => [path, readFileSync(join(root, path)).toString('hex')]))
}

test('verify reads extension files, and names a flipped bit in their units and in the mark at the end of a file', () => {
  expect(verify()).toMatchObject({ records: 400, findings: [] })
  const flips = [1, 7, 16, 19, 20 + 9].map((at) => [1, at] as const)
  for (const [queueId, at] of [...flips, [0, 2040] as const]) {
    const path = join(root, `consumequeue_ext/Extended/${queueId}`, '0'.repeat(20))
    const bytes = readFileSync(path)
    bytes[at]! ^= 1
    writeFileSync(path, bytes)
    expect([at, verify().findings]).toEqual([
      at,
      [{ kind: 'extension file', file: path, offset: expect.any(Number), problem: expect.any(String) }],
    ])
    bytes[at]! ^= 1
    writeFileSync(path, bytes)
  }
  rmSync(join(root, 'consumequeue_ext/Extended/2'), { recursive: true })
  expect(verify().findings).toMatchObject([{ kind: 'extension file', file: join(root, 'consumequeue_ext/Extended/2') }])
})

test('without enableConsumeQueueExt a start makes plain queues of them, which filter by tags', async () => {
  let store = await open(plain)
  for (let round = 0; round < 2; round++) {
    let count = 0
    const tags = new Set<number>()
    for (let queueId = 0; queueId < 4; queueId++) {
      count += (await bodies(store, 'Extended', queueId)).length
      for (const { tagsCode } of await store.entries('Extended', queueId, 0, 400)) tags.add(tagsCode)
    }
    expect(count).toBe(400)
    expect([...tags].every((code) => code > -0x8000_0000)).toBe(true)
    expect(tags).toContain(javaHash('even'))
    expect(existsSync(join(root, 'consumequeue_ext'))).toBe(false)
    await store.close()
    expect(verify()).toMatchObject({ records: 400, findings: [] })
    store = await open(plain)
  }
  await store.close()
})

test('with it, they are made from the log byte for byte as Apache wrote them', async () => {
  const apache = queueFiles()
  expect([...apache.keys()].filter((path) => path.includes('_ext')).length).toBe(5)
  for (const folder of ['consumequeue', 'consumequeue_ext']) rmSync(join(root, folder), { recursive: true })
  const store = await open(extended)
  await store.close()
  expect(queueFiles()).toEqual(apache)
})

test('repair makes them anew where there were some, byte for byte', async () => {
  const apache = queueFiles()
  const path = join(root, 'consumequeue_ext/Extended/1', '0'.repeat(20))
  writeFileSync(path, readFileSync(path).fill(0x55, 0, 60))
  await repairStore({ io: nodeIo(), directory: root, config: plain })
  expect(queueFiles()).toEqual(apache)
  expect(verify()).toMatchObject({ records: 400, findings: [] })
  await repairStore({ io: nodeIo(), directory: root, config: { ...plain, enableConsumeQueueExt: false } })
  expect(existsSync(join(root, 'consumequeue_ext'))).toBe(false)
  expect(verify()).toMatchObject({ records: 400, findings: [] })
})

test('they go on where Apache ended, and filter by tags', async () => {
  const apache = queueFiles()
  const store = await open(extended)
  const before = await bodies(store, 'Extended', 0)
  for (const tag of ['even', 'odd', 'even'])
    await put(store, message(tag, { topic: 'Extended', properties: `TAGS\u0001${tag}\u0002` }))
  const found = await store.get({
    topic: 'Extended',
    queueId: 0,
    queueOffset: before.length,
    maxMessages: 32,
    matches: (code) => code === javaHash('even'),
  })
  expect(found).toMatchObject({ status: 'FOUND', messageCount: 2 })
  const codes = (await store.entries('Extended', 0, 0, 400)).map(({ tagsCode }) => tagsCode)
  expect(codes.slice(-3)).toEqual([javaHash('even'), javaHash('odd'), javaHash('even')])
  expect(codes.every((code) => code >= -0x8000_0000)).toBe(true)
  await store.close()
  expect(verify()).toMatchObject({ records: 403, findings: [] })
  for (const [path, bytes] of queueFiles()) {
    if (!path.includes('Extended/0')) expect([path, bytes]).toEqual([path, apache.get(path)])
  }
  // The same bytes once more, from the log alone.
  const written = queueFiles()
  await repairStore({ io: nodeIo(), directory: root, config: extended })
  expect(queueFiles()).toEqual(written)
})
