import type { Io } from '@mq/io'
import { crc32 } from '@mq/protocol'
import { describe, expect, test } from 'vitest'
import { dumpStore, type Finding, repairStore, verifyStore } from '../src/index.js'
import { bodies, failingDisk, message, put, world, type World } from './support.js'

const config = { mappedFileSizeCommitLog: 4096, mappedFileSizeConsumeQueue: 400, maxHashSlotNum: 10, maxIndexNum: 30 }
const first = '0'.repeat(20)

async function filled(clean = true): Promise<World> {
  const made = await world(config)
  for (let i = 0; i < 60; i++)
    await made.sim.settle(
      put(
        made.store,
        message(`m${i}`, { queueId: i % 2, topic: `Topic${i % 3}`, properties: `KEYS\u0001k${i % 7}\u0002` }),
      ),
    )
  for (const n of [1, 6]) made.store.documents.write('topics.json', `{"a":{0:${n}}}`)
  await made.sim.run(2000)
  if (clean) await made.sim.settle(made.store.close())
  else made.machine.kill()
  made.machine.restart()
  return made
}

function flip({ machine }: World, path: string, at: number, bit = 0): void {
  const file = machine.io.disk.open(path)
  const byte = new Uint8Array(1)
  file.readNow(byte, at)
  byte[0]! ^= 1 << bit
  file.write(byte, at)
  file.close()
}

const verify = ({ machine }: World) => verifyStore({ disk: machine.io.disk, directory: '/store', config })

describe('verify', () => {
  test.each([true, false])('finds nothing in a folder that is in order (stopped in order: %s)', async (clean) => {
    const made = await filled(clean)
    expect(verify(made)).toEqual({
      records: 60,
      end: expect.any(Number),
      tornEnd: undefined,
      unsummedBytes: 0,
      findings: [],
    })
  })

  test.each([
    ['commit log, body', 'commit log', `commitlog/${first}`, 2 * 107 + 88, 2 * 107],
    ['commit log, magic', 'commit log', `commitlog/${first}`, 5 * 107 + 6, 5 * 107],
    ['commit log, size', 'commit log', `commitlog/${first}`, 5 * 107 + 3, 5 * 107],
    ['consume queue, position', 'consume queue', `consumequeue/Topic1/1/${first}`, 2 * 20 + 7, 2 * 20 + 7],
    ['consume queue, size', 'consume queue', `consumequeue/Topic1/1/${first}`, 3 * 20 + 11, 3 * 20 + 11],
    ['consume queue, tags', 'consume queue', `consumequeue/Topic2/0/${first}`, 3 * 20 + 19, 3 * 20 + 19],
    ['consume queue, behind its end', 'consume queue', `consumequeue/Topic2/0/${first}`, 17 * 20 + 2, 17 * 20 + 2],
    ['index, slot', 'index', 'first', 40 + 3, 40 + 3],
    ['index, hash', 'index', 'first', 80 + 5 * 20 + 1, 80 + 5 * 20 + 1],
    ['index, first entry', 'index', 'first', 80 + 20 + 11, 80 + 20],
    ['index, link', 'index', 'first', 80 + 9 * 20 + 19, 80 + 9 * 20 + 19],
    ['index, begin time', 'index', 'first', 7, 0],
    ['index, end time', 'index', 'first', 14, 8],
    ['index, begin position', 'index', 'first', 22, 16],
    ['index, end position', 'index', 'first', 31, 24],
    ['index, used slots', 'index', 'first', 35, 32],
    ['index, count', 'index', 'first', 39, 36],
    ['index, count, far off', 'index', 'first', 36, 36],
    ['checkpoint', 'checkpoint', 'checkpoint', 5, 5],
    ['checkpoint', 'checkpoint', 'checkpoint', 14, 14],
    ['checkpoint, of 5.x', 'checkpoint', 'checkpoint', 30, 30],
    ['checkpoint, note', 'checkpoint', 'checkpoint', 1024 + 9, 1024 + 9],
    ['checkpoint, its checksum', 'checkpoint', 'checkpoint', 1024 + 73, 1024 + 73],
    ['checkpoint, unused', 'checkpoint', 'checkpoint', 4000, 4000],
    ['checksums', 'checksums', `checksums/${first}`, 5, 0],
    ['checksums of documents', 'checksums', 'checksums/config/topics.json', 2, 0],
    ['config', 'config', 'config/topics.json', 0, 0],
    ['config, a number', 'config', 'config/topics.json', 8, 8],
    ['config, the version before', 'config', 'config/topics.json.bak', 8, 8],
  ])('names one flipped bit (%s) by file and byte', async (_, kind, file, at, told) => {
    const made = await filled()
    const findings: Finding[] = []
    const { disk } = made.machine.io
    const path = file === 'first' ? `/store/index/${disk.list('/store/index')[0]}` : `/store/${file}`
    flip(made, path, at)
    const result = verifyStore({ disk, directory: '/store', config, onFinding: (finding) => findings.push(finding) })
    expect(result.findings).toEqual(findings)
    expect(findings).toEqual([{ kind, file: path, offset: told, problem: expect.any(String) }])
    // Nothing was changed, not even the lock is left.
    expect(verify(made).findings).toEqual(findings)
    expect(disk.list('/store').filter((name) => name.endsWith('.pid'))).toEqual([])
  })

  test('names a flipped bit in any byte of a record, and of the filler at the end of a file', async () => {
    const made = await filled()
    const log = Buffer.from(made.machine.io.disk.readWhole(`/store/commitlog/${first}`)!)
    const starts = [0]
    while (log.readUInt32BE(starts.at(-1)! + 4) === 0xdaa320a7)
      starts.push(starts.at(-1)! + log.readInt32BE(starts.at(-1)!))
    for (let at = 0; at < 4096; at += at < 250 ? 1 : 59) {
      flip(made, `/store/commitlog/${first}`, at, at % 8)
      const start = starts.findLast((each) => each <= at)!
      const [finding, ...others] = verify(made).findings
      expect([at, finding, others]).toEqual([
        at,
        {
          kind: 'commit log',
          file: `/store/commitlog/${first}`,
          offset: expect.any(Number),
          problem: expect.any(String),
        },
        [],
      ])
      expect([start, at]).toContain(finding!.offset)
      flip(made, `/store/commitlog/${first}`, at, at % 8)
    }
    expect(verify(made).findings).toEqual([])
  }, 60_000)

  test('a queue and an index file that are missing as a whole are told by the folder they were in', async () => {
    const made = await filled()
    const { disk } = made.machine.io
    disk.removeTree('/store/consumequeue/Topic1/1')
    disk.remove(`/store/index/${disk.list('/store/index').at(-1)}`)
    expect(verify(made).findings).toEqual([
      { kind: 'consume queue', file: '/store/consumequeue', offset: 0, problem: '6 were there, 5 are left' },
      { kind: 'index', file: '/store/index', offset: 0, problem: '3 were there, 2 are left' },
    ])
  })

  test('an unfinished write at the end is no finding after a stop without notice', async () => {
    const made = await filled(false)
    const { end } = verify(made)
    const path = `/store/commitlog/${String(end - (end % 4096)).padStart(20, '0')}`
    flip(made, path, (end % 4096) + 6)
    expect(verify(made)).toMatchObject({ records: 60, end, findings: [], tornEnd: expect.stringContaining(path) })
  })

  test('an entry whose record did not reach the disk is no finding after a stop without notice: the next start drops it', async () => {
    const made = await world({ ...config, flushDiskType: 'ASYNC_FLUSH', flushIntervalCommitLog: 600_000 })
    await made.sim.settle(put(made.store, message('kept')))
    const { commitLogMaxOffset } = made.store.stats()
    await made.sim.settle(put(made.store, message('lost', { topic: 'Fresh', properties: '' })))
    await made.sim.run(2000)
    made.machine.kill()
    const { disk } = made.machine.restart()
    const log = disk.open(`/store/commitlog/${first}`)
    log.write(new Uint8Array(200), commitLogMaxOffset)
    log.close()
    expect(disk.readWhole(`/store/consumequeue/Fresh/0/${first}`)!.some((byte) => byte !== 0)).toBe(true)
    expect(verify(made)).toMatchObject({ records: 1, end: commitLogMaxOffset, findings: [] })
    const store = await made.restart()
    expect(store.maxOffset('Fresh', 0)).toBe(0)
    expect(await bodies(store, 'TopicTest', 0, made.sim)).toEqual(['kept'])
    await made.sim.settle(store.close())
    made.machine.restart()
    expect(verify(made).findings).toEqual([])
  })

  test('a folder in use, and one that is no store, are refused', async () => {
    const made = await filled()
    await made.restart()
    expect(() => verify(made)).toThrow(expect.objectContaining({ code: 'IN_USE' }))
    const { disk } = made.machine.io
    expect(() => verifyStore({ disk, directory: '/nothing' })).toThrow(/no store/)
    disk.makeDirectory('/sqlite')
    disk.open('/sqlite/store.sqlite', { create: true }).close()
    expect(() => verifyStore({ disk, directory: '/sqlite' })).toThrow(/a store in SQLite: .*@mq\/store-sqlite/)
  })
})

test('dump gives the records of the log, of one topic or queue, from an offset on, passing over damage', async () => {
  const made = await filled()
  const dump = (options: Partial<Parameters<typeof dumpStore>[0]> = {}) => {
    const found: string[] = []
    dumpStore({ disk: made.machine.io.disk, directory: '/store', ...options }, ({ body }) =>
      found.push(Buffer.from(body).toString()),
    )
    return found
  }
  expect(dump()).toEqual(Array.from({ length: 60 }, (_, i) => `m${i}`))
  expect(dump({ count: 3 })).toEqual(['m0', 'm1', 'm2'])
  expect(dump({ topic: 'Topic1', count: 3 })).toEqual(['m1', 'm4', 'm7'])
  expect(dump({ topic: 'Topic1', queueId: 1, from: 8 })).toEqual(['m49', 'm55'])
  flip(made, `/store/commitlog/${first}`, 107 + 5)
  expect(dump({ count: 2 })).toEqual(['m0', 'm2'])
})

describe('repair', () => {
  const repair = ({ sim, machine }: World) => sim.settle(repairStore({ io: machine.io, directory: '/store', config }))
  const queueFiles = ({ disk }: Io) =>
    disk
      .list('/store/consumequeue')
      .flatMap((topic) =>
        disk
          .list(`/store/consumequeue/${topic}`)
          .map((id) => [`${topic}/${id}`, crc32(disk.readWhole(`/store/consumequeue/${topic}/${id}/${first}`)!)]),
      )
  /** Without the file that was only made ready. */
  const log = ({ disk }: Io) =>
    disk
      .list('/store/commitlog')
      .map((name) => disk.readWhole(`/store/commitlog/${name}`)!)
      .filter((bytes) => bytes.some((byte) => byte !== 0))
      .map(crc32)

  test.each([
    ['stopped in order', true],
    ['stopped without notice', false],
  ])('makes queues, index and checkpoint anew, as they were, of a folder %s', async (_, clean) => {
    const made = await filled(clean)
    const { io } = made.machine
    const before = { queues: queueFiles(io), log: log(io) }
    flip(made, `/store/consumequeue/Topic1/1/${first}`, 7)
    flip(made, '/store/checkpoint', 5)
    flip(made, `/store/index/${io.disk.list('/store/index')[0]}`, 40 + 3)
    expect(await repair(made)).toEqual({ queues: 6, topics: 3, indexFiles: 3, end: expect.any(Number), damages: 0 })
    expect(verify(made)).toMatchObject({ records: 60, findings: [], tornEnd: undefined })
    expect({ queues: queueFiles(io), log: log(io) }).toEqual(before)
    const store = await made.restart()
    expect(await bodies(store, 'Topic1', 1, made.sim)).toHaveLength(10)
    const found = await made.sim.settle(
      store.query({ topic: 'Topic0', key: 'k3', maxMessages: 10, beginMs: 0, endMs: Infinity }),
    )
    expect(found.records).toHaveLength(3)
  })

  test('broken off at any write, the next start brings everything back', async () => {
    const made = await filled()
    const before = queueFiles(made.machine.io)
    for (let calls = 0; ; calls++) {
      let left = calls
      const failing = failingDisk(made.machine.io, () => left-- > 0)
      const outcome = await made.sim
        .settle(repairStore({ io: failing, directory: '/store', config }))
        .then(() => 'done')
        .catch(() => 'broken off')
      await made.restart({ losePower: calls % 2 === 0 })
      await made.sim.settle(made.store.close())
      made.machine.restart()
      expect(queueFiles(made.machine.io)).toEqual(before)
      expect(verify(made).findings).toEqual([])
      if (outcome === 'done') return expect(calls).toBeGreaterThan(10)
    }
  }, 120_000)

  test('leaves damage in the log as it is, and says that it is there', async () => {
    const made = await filled()
    const { end } = verify(made)
    const last = end - (end % 4096)
    // The very last record: it had been flushed, so that it is no unfinished write.
    flip(made, `/store/commitlog/${String(last).padStart(20, '0')}`, (end % 4096) - 107 + 88)
    const before = log(made.machine.io)
    expect(await repair(made)).toMatchObject({ end, damages: 1 })
    expect(log(made.machine.io)).toEqual(before)
    expect(verify(made).findings).toMatchObject([{ kind: 'commit log' }])
    const store = await made.restart()
    expect(await made.sim.settle(put(store, message('more', { topic: 'Topic0', queueId: 0 })))).toBe('OK')
  })

  test('a folder in use, one that is none, and one of other sizes are refused and left alone', async () => {
    const made = await filled()
    const { io } = made.machine
    const before = queueFiles(io)
    await expect(repairStore({ io, directory: '/nothing' })).rejects.toThrow(/no store/)
    await expect(repairStore({ io, directory: '/store' })).rejects.toThrow(/maxHashSlotNum=5000000/)
    expect(queueFiles(io)).toEqual(before)
    await made.restart()
    await expect(repairStore({ io: made.machine.io, directory: '/store', config })).rejects.toMatchObject({
      code: 'IN_USE',
    })
    expect(await bodies(made.store, 'Topic1', 1, made.sim)).toHaveLength(10)
  })
})
