import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, inflateSync } from 'node:zlib'
import { nodeIo } from '@mq/io/node'
import { decodeProperties, decodeRecord, offsetMessageId } from '@mq/protocol'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createFileStore } from '../src/file-store.js'
import type { MessageStore } from '../src/message-store.js'
import { verifyStore } from '../src/tools/verify-store.js'
import { golden, unpack } from './unpack.js'

interface Manifest {
  settings: Record<string, number>
  abort: boolean
  commitLogEnd: number
  queues: { topic: string; queueId: number; minOffset: number; maxOffset: number }[]
  queries: { topic: string; key: string; commitLogOffsets: number[] }[]
  messages: Record<string, any>[]
  delayOffsets: Record<string, number>
  consumerOffsets: Record<string, Record<string, number>>
}

let folder: string
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'mq-store-'))))
afterEach(() => rmSync(folder, { recursive: true, force: true }))

async function open(manifest: Manifest): Promise<MessageStore> {
  const { mappedFileSizeCommitLog, mappedFileSizeConsumeQueue, maxHashSlotNum, maxIndexNum } = manifest.settings
  const store = createFileStore({
    io: nodeIo(),
    directory: join(folder, 'store'),
    storeHost: { host: '127.0.0.1', port: 10911 },
    config: { mappedFileSizeCommitLog, mappedFileSizeConsumeQueue, maxHashSlotNum, maxIndexNum },
  })
  await store.start()
  return store
}

async function checkAgainst(manifest: Manifest, store: MessageStore): Promise<void> {
  const inLog = new Map<string, any[]>()
  for (const message of manifest.messages) {
    const key = `${message.topic}/${message.queueId}`
    inLog.set(key, [...(inLog.get(key) ?? []), message])
  }
  expect(store.stats().commitLogMaxOffset).toBe(manifest.commitLogEnd)
  for (const { topic, queueId, minOffset, maxOffset } of manifest.queues) {
    expect([topic, queueId, store.minOffset(topic, queueId), store.maxOffset(topic, queueId)]).toEqual([
      topic,
      queueId,
      minOffset,
      maxOffset,
    ])
    const expected = inLog.get(`${topic}/${queueId}`) ?? []
    const found = await recordsOfQueue(store, topic, queueId, minOffset)
    for (const message of expected) checkMessage(message, found.get(message.queueOffset)!)
  }
}

async function recordsOfQueue(store: MessageStore, topic: string, queueId: number, from: number) {
  const found = new Map<number, Uint8Array>()
  for (let queueOffset = from; ;) {
    const result = await store.get({ topic, queueId, queueOffset, maxMessages: 32 })
    if (result.status !== 'FOUND') return found
    const bytes = Buffer.concat(result.pieces)
    for (let at = 0; at < bytes.length; at += bytes.readInt32BE(at))
      found.set(Number(bytes.readBigInt64BE(at + 20)), bytes.subarray(at, at + bytes.readInt32BE(at)))
    queueOffset = result.nextOffset
  }
}

function checkMessage(expected: Record<string, any>, bytes: Uint8Array): void {
  const record = decodeRecord(bytes)
  const { topic, queueId, queueOffset, commitLogOffset, storeTimestamp, bornTimestamp, flag, bodyCrc, reconsumeTimes } =
    record
  const where = `${record.bornHost.host}:${record.bornHost.port}`
  expect({ topic, queueId, queueOffset, commitLogOffset, storeTimestamp, bornTimestamp, flag, reconsumeTimes }).toEqual(
    {
      topic: expected.topic,
      queueId: expected.queueId,
      queueOffset: expected.queueOffset,
      commitLogOffset: expected.commitLogOffset,
      storeTimestamp: expected.storeTimestamp,
      bornTimestamp: expected.bornTimestamp,
      flag: expected.flag,
      reconsumeTimes: expected.reconsumeTimes,
    },
  )
  expect([record.size, bodyCrc, where]).toEqual([expected.storeSize, expected.bodyCRC, expected.bornHost])
  expect(offsetMessageId(record.storeHost, commitLogOffset)).toBe(expected.msgId)
  expect({ ...decodeProperties(record.properties) }).toEqual(expected.properties)
  const body = record.sysFlag & 1 ? inflateSync(record.body) : record.body
  expect(body.length).toBe(expected.bodyLength)
  if (expected.body !== undefined) expect(Buffer.from(body).toString('hex')).toBe(expected.body)
  if (expected.bodySha256 !== undefined)
    expect(createHash('sha256').update(body).digest('hex')).toBe(expected.bodySha256)
}

const entryFiles = (manifest: Manifest) =>
  new Map(
    manifest.queues.map(({ topic, queueId }) => {
      const path = join(folder, 'store', 'consumequeue', topic, String(queueId), '0'.repeat(20))
      return [path, existsSync(path) ? readFileSync(path) : undefined]
    }),
  )

const indexFiles = () =>
  readdirSync(join(folder, 'store', 'index'))
    .sort()
    .map((file) => readFileSync(join(folder, 'store', 'index', file)))

describe.each(['4.7.1-clean', '4.7.1-killed', '5.3.3-clean', '5.3.3-killed'])('a store that Apache %s left', (name) => {
  const manifest: Manifest = JSON.parse(gunzipSync(readFileSync(golden(name, 'manifest.json.gz'))).toString())

  test('has every queue, offset and record; after a stop again, and in order', async () => {
    unpack(name, folder)
    const store = await open(manifest)
    await checkAgainst(manifest, store)
    await store.close()
    expect(existsSync(join(folder, 'store', 'abort'))).toBe(false)
    const again = await open(manifest)
    await checkAgainst(manifest, again)
    await again.close()
  })

  test('keeps its consume queues byte for byte, and gets them back when they are deleted', async () => {
    unpack(name, folder)
    const before = entryFiles(manifest)
    let store = await open(manifest)
    await store.close()
    const opened = entryFiles(manifest)
    for (const [path, bytes] of before) {
      // A killed broker had not written the last entries yet.
      if (bytes && !manifest.abort) expect(opened.get(path)!.equals(bytes), path).toBe(true)
    }
    rmSync(join(folder, 'store', 'consumequeue'), { recursive: true })
    store = await open(manifest)
    await checkAgainst(manifest, store)
    await store.close()
    const rebuilt = entryFiles(manifest)
    for (const [path, bytes] of opened) if (bytes) expect(rebuilt.get(path)!.equals(bytes), path).toBe(true)
  })

  test('answers queries by key, and makes the same index from the log', async () => {
    unpack(name, folder)
    const check = async (store: MessageStore) => {
      for (const { topic, key, commitLogOffsets } of manifest.queries) {
        const found = await store.query({ topic, key, maxMessages: 64, beginMs: 0, endMs: Number.MAX_SAFE_INTEGER })
        const positions = found.records.map((bytes) => decodeRecord(bytes).commitLogOffset)
        expect([key, positions]).toEqual([key, [...commitLogOffsets].sort((a, b) => a - b)])
      }
    }
    let store = await open(manifest)
    await check(store)
    await store.close()
    const before = indexFiles()
    rmSync(join(folder, 'store', 'index'), { recursive: true })
    store = await open(manifest)
    await check(store)
    await store.close()
    const after = indexFiles()
    expect(after.length).toBe(before.length)
    for (const [i, bytes] of after.entries()) expect(bytes.equals(before[i]!), `index file ${i}`).toBe(true)
  })

  test('has nothing wrong in it, as it was left and after we had it', async () => {
    unpack(name, folder)
    const { mappedFileSizeCommitLog, mappedFileSizeConsumeQueue, maxHashSlotNum, maxIndexNum } = manifest.settings
    const check = () =>
      verifyStore({
        disk: nodeIo().disk,
        directory: join(folder, 'store'),
        config: { mappedFileSizeCommitLog, mappedFileSizeConsumeQueue, maxHashSlotNum, maxIndexNum },
      })
    expect(check()).toMatchObject({ end: manifest.commitLogEnd, findings: [] })
    const store = await open(manifest)
    await store.close()
    expect(check()).toMatchObject({ end: manifest.commitLogEnd, tornEnd: undefined, findings: [] })
  })

  test('gives its documents', async () => {
    unpack(name, folder)
    const store = await open(manifest)
    const topics = store.documents.read('topics.json') as { topicConfigTable: object }
    expect(Object.keys(topics.topicConfigTable).length).toBeGreaterThan(0)
    if (!manifest.abort)
      expect(store.documents.read('delayOffset.json')).toMatchObject({ offsetTable: manifest.delayOffsets })
    expect(store.documents.read('nothing.json')).toBeUndefined()
    await store.close()
  })
})
