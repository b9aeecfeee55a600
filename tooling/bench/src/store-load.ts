import fs from 'node:fs'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { nodeIo } from '@mq/io/node'
import { RecordMagic } from '@mq/protocol'
import { createFileStore, type MessageStore, type MessageToStore } from '@mq/store'
import { RecordEncoder } from '@mq/store/engine'
import { loadSettings } from './load-report.js'
import { residentMb } from './process-figures.js'

/*
 * One part of the store's bench, in a process of its own: prints one JSON line of figures.
 *   store-load.ts PART directory=… seconds=…
 */
const [part, ...rest] = process.argv.slice(2)
const settings = loadSettings(rest)
const directory = settings.text('directory', '')
const seconds = settings.number('seconds', 4)

const storeHost = { host: '127.0.0.1', port: 10911 }
const body = Buffer.alloc(128, 'm')
const properties = Buffer.from('TAGS\u0001bench\u0002')

const message = (topic: string, queueId = 0): MessageToStore => ({
  topic,
  queueId,
  flag: 0,
  sysFlag: 0,
  bornTimestamp: Date.now(),
  bornHost: storeHost,
  reconsumeTimes: 0,
  preparedTransactionOffset: 0,
  body,
  properties,
})

type Level = 'flushed' | 'received'

async function open(folder: string, level: Level): Promise<MessageStore> {
  const config = { flushDiskType: level === 'flushed' ? ('SYNC_FLUSH' as const) : ('ASYNC_FLUSH' as const) }
  const store = createFileStore({ io: nodeIo(), directory: join(directory, folder), storeHost, config })
  await store.start()
  return store
}

/** Keeps `inflight` appends waiting for their acknowledgement until `ends`; resolves with how many were acknowledged. */
function keepAppending(
  store: MessageStore,
  inflight: number,
  next: (number: number) => MessageToStore,
  ends: (acknowledged: number) => boolean,
): Promise<number> {
  let appended = 0
  let acknowledged = 0
  let waiting = inflight
  return new Promise((resolve, reject) => {
    const one = (): void => {
      if (ends(acknowledged)) {
        if (--waiting === 0) resolve(acknowledged)
        return
      }
      const placed = store.append(next(appended++))
      if (!placed.ok) return reject(new Error(placed.message))
      store.whenAcknowledged(placed.endOffset, true, () => {
        acknowledged++
        one()
      })
    }
    for (let i = 0; i < inflight; i++) setImmediate(one)
  })
}

async function appendRate(store: MessageStore, inflight: number, next = (_: number) => message('Bench')) {
  const warm = performance.now() + 1000
  await keepAppending(store, inflight, next, () => performance.now() > warm)
  const startMs = performance.now()
  const count = await keepAppending(store, inflight, next, () => performance.now() > startMs + seconds * 1000)
  return count / ((performance.now() - startMs) / 1000)
}

const fill = (store: MessageStore, count: number, next = (_: number) => message('Bench')): Promise<number> =>
  keepAppending(store, 4096, next, (acknowledged) => acknowledged >= count - 4096)

/** Reads queue 0 of a topic to its end, or until `ends`, no faster than `perSecond`; resolves with the messages a second. */
async function readRate(store: MessageStore, topic: string, ends = () => false, perSecond = Infinity): Promise<number> {
  const startMs = performance.now()
  let read = 0
  for (let queueOffset = 0; !ends();) {
    const result = await store.get({ topic, queueId: 0, queueOffset, maxMessages: 32 })
    if (result.messageCount === 0) break
    read += result.messageCount
    queueOffset = result.nextOffset
    // Others, such as who appends, get their turn also while everything is in memory.
    if (read % 1024 < 32) await new Promise((done) => setImmediate(done))
    while (read > ((performance.now() - startMs) / 1000) * perSecond) await new Promise((done) => setTimeout(done, 1))
  }
  return read / ((performance.now() - startMs) / 1000)
}

/** What the disk itself does: records of a message's size, so many a write, each write synced. */
async function raw(): Promise<object> {
  const file = fs.openSync(join(directory, 'raw'), 'w+')
  fs.ftruncateSync(file, 1 << 30)
  const rate = async (group: number): Promise<number> => {
    const bytes = Buffer.alloc(group * 250, 1)
    const startMs = performance.now()
    let count = 0
    for (let at = 0; performance.now() < startMs + seconds * 1000; at += bytes.length, count += group) {
      fs.writeSync(file, bytes, 0, bytes.length, at % (1 << 29))
      await new Promise<void>((done, reject) => fs.fdatasync(file, (error) => (error ? reject(error) : done())))
    }
    return count / ((performance.now() - startMs) / 1000)
  }
  return { one: await rate(1), of64: await rate(64) }
}

async function append(): Promise<object> {
  const figures: Record<string, number> = {}
  for (const level of ['flushed', 'received'] as const) {
    const store = await open(level, level)
    for (const inflight of [1, 64, 512]) figures[`${level}${inflight}`] = await appendRate(store, inflight)
    await store.close()
  }
  return figures
}

async function read(): Promise<object> {
  const filled = await open('read', 'received')
  await fill(filled, 500_000)
  await filled.close()
  const store = await open('read', 'received')
  const cold = await readRate(store, 'Bench')
  await store.close()
  const log = fs.openSync(join(directory, 'read', 'commitlog', '0'.repeat(20)), 'r')
  const bytes = Buffer.alloc(256 * 1024)
  const startMs = performance.now()
  const total = 500_000 * 240
  for (let at = 0; at < total; at += bytes.length)
    await new Promise((done) => fs.read(log, bytes, 0, bytes.length, at, done))
  return { cold, bareReads: 500_000 / ((performance.now() - startMs) / 1000) }
}

/** A first message for each of 80,000 queues, a restart, then messages for queues far apart. */
async function topics(): Promise<object> {
  const count = 80_000
  const place = (number: number): MessageToStore => message(`Topic${number % 10_000}`, Math.floor(number / 10_000) % 8)
  const filled = await open('topics', 'received')
  const startMs = performance.now()
  await fill(filled, count + 4096, place)
  const firstRate = count / ((performance.now() - startMs) / 1000)
  await filled.close()
  const openMs = performance.now()
  const store = await open('topics', 'received')
  const startedMs = performance.now() - openMs
  const spread = await appendRate(store, 64, (number) => place(number * 7919))
  const figures = { residentMb: residentMb(process.pid), openFiles: fs.readdirSync('/proc/self/fd').length }
  await store.close()
  const one = await open('one', 'received')
  const single = await appendRate(one, 64)
  await one.close()
  return { firstRate, startedMs, spread, single, ...figures }
}

const fileBytes = 1 << 30
const largeFiles = 50

/** A log of 50 files of 1 GiB, sparse: a record at the start of each, then the filler that closes a file. */
function makeLarge(folder: string): void {
  const encoder = new RecordEncoder({ storeHost, recordBytesMax: 1 << 20, delaysMs: [] })
  fs.mkdirSync(folder, { recursive: true })
  for (let i = 0; i < largeFiles; i++) {
    const position = i * fileBytes
    const place = { queueOffset: i, commitLogOffset: position, storeTimestamp: Date.now() }
    const record = encoder.encode(message('Large'), place)
    if (!(record instanceof Uint8Array)) throw new Error(record.message)
    const blank = Buffer.alloc(8)
    blank.writeInt32BE(fileBytes - record.length, 0)
    blank.writeInt32BE(RecordMagic.BLANK, 4)
    const file = fs.openSync(join(folder, String(position).padStart(20, '0')), 'w')
    fs.ftruncateSync(file, fileBytes)
    fs.writeSync(file, Buffer.concat([record, blank]), 0, record.length + 8, 0)
    fs.closeSync(file)
  }
}

async function large(): Promise<object> {
  makeLarge(join(directory, 'large', 'commitlog'))
  await (await open('large', 'flushed')).close()
  const run = async (folder: string) => {
    const openMs = performance.now()
    const store = await open(folder, 'flushed')
    const startMs = performance.now() - openMs
    const sent = await appendRate(store, 64)
    const pulled = await readRate(store, 'Bench')
    const oldest = await store.get({ topic: 'Large', queueId: 0, queueOffset: 0, maxMessages: 32 })
    await store.close()
    return { startMs, sent, pulled, oldest: oldest.messageCount }
  }
  await (await open('empty', 'flushed')).close()
  return { empty: await run('empty'), large: await run('large') }
}

/** What Apache's consumer takes here, messages a second. */
const javaConsumerRate = 100_000

/** Sends alone, then while a reader goes through files that the system has no longer in memory. */
async function catchUp(): Promise<object> {
  const filled = await open('catch-up', 'received')
  await fill(filled, 2_000_000, () => message('Old'))
  await filled.close()
  const store = await open('catch-up', 'flushed')
  const alone = await appendRate(store, 64)
  const isCold = dropSystemCache()
  const until = performance.now() + (seconds + 1) * 1000
  const [beside, read] = await Promise.all([
    appendRate(store, 64),
    readRate(store, 'Old', () => performance.now() > until, javaConsumerRate),
  ])
  await store.close()
  return { alone, beside, read, isCold }
}

/** Needs root; without it the reader finds what the system kept. */
function dropSystemCache(): boolean {
  try {
    fs.writeFileSync('/proc/sys/vm/drop_caches', '3')
    return true
  } catch {
    return false
  }
}

const parts: Record<string, () => Promise<object>> = { raw, append, read, topics, large, catchUp }
console.log(JSON.stringify(await parts[part!]!()))
process.exit(0)
