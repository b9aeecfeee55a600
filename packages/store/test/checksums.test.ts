import { type Io, silentLogger } from '@mq/io'
import { crc32Full } from '@mq/protocol'
import { describe, expect, test } from 'vitest'
import { flippedBit } from '../src/flipped-bit.js'
import { createFileStore } from '../src/file-store.js'
import { repairStore, verifyStore } from '../src/index.js'
import { bodies, host, message, put, world, type World } from './support.js'

const config = {
  mappedFileSizeCommitLog: 1 << 16,
  mappedFileSizeConsumeQueue: 4000,
  maxHashSlotNum: 10,
  maxIndexNum: 30,
}
const logFile = '/store/commitlog/00000000000000000000'
const sumFile = '/store/checksums/00000000000000000000'
const sent = Array.from({ length: 200 }, (_, i) => `message ${i} ${'x'.repeat(i % 60)}`)
const verify = ({ machine }: World) => verifyStore({ disk: machine.io.disk, directory: '/store', config })

async function filled(clean = true): Promise<World & { places: { position: number; size: number }[] }> {
  const made = await world(config)
  const places: { position: number; size: number }[] = []
  for (const body of sent) {
    const position = made.store.stats().commitLogMaxOffset
    await made.sim.settle(put(made.store, message(body)))
    places.push({ position, size: made.store.stats().commitLogMaxOffset - position })
  }
  await made.sim.run(1000)
  if (clean) await made.sim.settle(made.store.close())
  else made.machine.kill()
  made.machine.restart()
  return { ...made, places }
}

function edit(io: Io, path: string, change: (bytes: Uint8Array) => void): void {
  const file = io.disk.open(path)
  const bytes = new Uint8Array(file.size())
  file.readNow(bytes, 0)
  change(bytes)
  file.write(bytes, 0)
  file.close()
}

const without = (...numbers: number[]) => sent.filter((_, i) => !numbers.includes(i))

test('every single flipped bit of a block is found by its checksum', () => {
  const bytes = Buffer.from(Array.from({ length: 300 }, (_, i) => (i * 37) & 0xff))
  const sum = crc32Full(bytes)
  for (let byte = 0; byte < bytes.length; byte++) {
    for (let bit = 0; bit < 8; bit++) {
      bytes[byte]! ^= 1 << bit
      expect(flippedBit(bytes, sum)).toEqual({ byte, bit })
      bytes[byte]! ^= 1 << bit
    }
  }
  bytes[3]! ^= 1
  bytes[200]! ^= 4
  expect(flippedBit(bytes, sum)).toBeUndefined()
})

describe('bytes that no other checksum covers', () => {
  test.each([
    ['properties', 91 + 10 + 9 + 3],
    ['born time', 44],
    ['flag', 17],
  ])('a flipped bit in the %s of a record read from the disk: it is not served, the others are', async (_, at) => {
    const made = await filled()
    edit(made.machine.io, logFile, (bytes) => void (bytes[made.places[10]!.position + at]! ^= 0x10))
    const store = await made.restart()
    expect(await bodies(store, 'TopicTest', 0, made.sim)).toEqual(without(10))
    expect(await made.sim.settle(store.recordAt(made.places[10]!.position))).toBeUndefined()
    expect(await made.sim.settle(store.recordAt(made.places[11]!.position))).toBeDefined()
  })

  test('more than one bit: no record of that block is served, those of others are', async () => {
    const made = await filled()
    const { position, size } = made.places[50]!
    edit(made.machine.io, logFile, (bytes) => bytes.fill(0x2e, position + size - 8, position + size - 4))
    const block = position + size - 8 - ((position + size - 8) % 4096)
    const hit = made.places.flatMap((each, i) =>
      each.position < block + 4096 && each.position + each.size > block ? [i] : [],
    )
    const store = await made.restart()
    expect(hit).toContain(50)
    expect(hit.length).toBeLessThan(60)
    expect(await bodies(store, 'TopicTest', 0, made.sim)).toEqual(without(...hit))
  })

  test('in the last, incomplete block: kept from one stop to the next', async () => {
    const made = await filled()
    const last = made.places.at(-1)!
    edit(made.machine.io, logFile, (bytes) => void (bytes[last.position + 17]! ^= 1))
    expect(verify(made).findings).toMatchObject([{ kind: 'commit log', offset: last.position }])
    const store = await made.restart()
    expect(await bodies(store, 'TopicTest', 0, made.sim)).toEqual(sent.slice(0, -1))
    // The block gets complete, and no checksum that would make the flipped bit good.
    for (let i = 0; i < 50; i++) await made.sim.settle(put(store, message(`more ${i} ${'y'.repeat(50)}`)))
    await made.sim.run(1000)
    const again = await made.restart()
    await made.sim.settle(again.close())
    made.machine.restart()
    const findings = [{ kind: 'commit log', offset: last.position, problem: expect.stringContaining('bit 0 of byte') }]
    expect(verify(made)).toMatchObject({ unsummedBytes: 0, findings })
  })

  test('after a stop without notice it is set aside as damage, and nothing behind it is cut off', async () => {
    const made = await filled(false)
    const { position, size } = made.places[100]!
    edit(made.machine.io, logFile, (bytes) => void (bytes[position + 70]! ^= 2))
    const store = await made.restart()
    expect(await bodies(store, 'TopicTest', 0, made.sim)).toEqual(without(100))
    expect(store.maxOffset('TopicTest', 0)).toBe(sent.length)
    const note = JSON.parse(Buffer.from(made.machine.io.disk.readWhole('/store/damaged.json')!).toString())
    expect(note.damages).toMatchObject([
      {
        from: position,
        to: position + size,
        reason: expect.stringContaining(`bit 1 of byte ${position + 70} is flipped`),
      },
    ])
  })
})

describe('checksums that are wrong themselves', () => {
  test('a spoilt one is named, hides nothing, and repair makes it anew', async () => {
    const made = await filled()
    edit(made.machine.io, sumFile, (bytes) => void (bytes[19]! ^= 8))
    expect(verify(made)).toMatchObject({
      findings: [{ kind: 'checksums', file: sumFile, offset: 16 }],
      unsummedBytes: 4096,
    })
    const store = await made.restart()
    expect(await bodies(store, 'TopicTest', 0, made.sim)).toEqual(sent)
    await made.sim.settle(store.close())
    await made.sim.settle(repairStore({ io: made.machine.restart(), directory: '/store', config }))
    expect(verify(made)).toMatchObject({ findings: [], unsummedBytes: 0 })
  })

  test.each([
    ['missing', (io: Io) => io.disk.removeTree('/store/checksums')],
    ['too short', (io: Io) => io.disk.open(sumFile).truncate(13)],
  ])('%s: all is served, and repair makes them anew', async (_, spoil) => {
    const made = await filled()
    spoil(made.machine.io)
    expect(verify(made).findings).toEqual([])
    expect(verify(made).unsummedBytes).toBeGreaterThan(4096)
    expect(await bodies(await made.restart(), 'TopicTest', 0, made.sim)).toEqual(sent)
    await made.sim.settle(made.store.close())
    await made.sim.settle(repairStore({ io: made.machine.restart(), directory: '/store', config }))
    expect(verify(made)).toMatchObject({ findings: [], unsummedBytes: 0 })
  })

  test('a broker that knows nothing of them went on with the log, or cut it first: what it wrote is served', async () => {
    for (const cutAt of [undefined, 120]) {
      const made = await filled()
      const { io } = made.machine
      const kept = cutAt === undefined ? sent : sent.slice(0, cutAt)
      if (cutAt !== undefined) edit(io, logFile, (bytes) => bytes.fill(0, made.places[cutAt]!.position))
      io.disk.open('/store/checkpoint').truncate(24)
      io.disk.removeTree('/store/consumequeue')
      const other = createFileStore({ io, directory: '/store', storeHost: host, config, checksums: false })
      await made.sim.settle(other.start())
      const more = Array.from({ length: 60 }, (_, i) => `theirs ${i} ${'z'.repeat(70)}`)
      for (const body of more) await made.sim.settle(put(other, message(body)))
      await made.sim.settle(other.close())
      made.machine.restart().disk.open('/store/checkpoint').truncate(24)

      const store = await made.restart()
      expect(await bodies(store, 'TopicTest', 0, made.sim)).toEqual([...kept, ...more])
      await made.sim.run(1000)
      await made.sim.settle(store.close())
      made.machine.restart()
      expect(verify(made)).toMatchObject({ findings: [], unsummedBytes: 0 })
    }
  })
})

test('they go with their log files', async () => {
  const small = { ...config, mappedFileSizeCommitLog: 8192, fileReservedTime: 1, deleteWhen: '0;4;8;12;16;20' }
  const made = await world(small)
  for (const body of sent) await made.sim.settle(put(made.store, message(body)))
  await made.sim.run(8 * 3_600_000)
  const { disk } = made.machine.io
  expect(disk.list('/store/commitlog').length).toBeLessThan(3)
  expect(disk.list('/store/checksums').every((name) => disk.exists(`/store/commitlog/${name}`))).toBe(true)
})

test('they are written off the way of an append, of blocks that are complete and flushed', async () => {
  const made = await world(config)
  for (const body of sent.slice(0, 100)) await made.sim.settle(put(made.store, message(body)))
  const { disk } = made.machine.io
  expect(disk.exists(sumFile)).toBe(false)
  await made.sim.run(300)
  const sums = disk.readWhole(sumFile)!
  expect(sums.length).toBe(8 * Math.floor(made.store.stats().flushedOffset / 4096))
  for (let block = 0; block * 8 < sums.length; block++) {
    const wanted = crc32Full(disk.readWhole(logFile)!.subarray(block * 4096, (block + 1) * 4096))
    expect(Buffer.from(sums).readUInt32BE(block * 8)).toBe(wanted)
  }
})

test('a folder for them that cannot be written keeps nobody from sending, nor the store from being left in order', async () => {
  const logged: string[] = []
  const error = (_: object, sentence: string) => void logged.push(sentence)
  let failing = true
  const made = await world(config, {
    logger: { ...silentLogger, error } as typeof silentLogger,
    sim: {
      faults: {
        diskError: (_host, call, path) =>
          failing && call === 'write' && path.includes('checksums') ? 'NO_SPACE' : undefined,
      },
    },
  })
  for (const body of sent) await made.sim.settle(put(made.store, message(body)))
  await made.sim.run(25_000)
  expect(logged.length).toBeGreaterThan(1)
  expect(logged.length).toBeLessThan(5)
  expect(made.store.refusal).toBeUndefined()
  failing = false
  await made.sim.run(11_000)
  expect(made.machine.io.disk.readWhole(sumFile)!.length).toBeGreaterThan(8)
  failing = true
  for (const body of sent) await made.sim.settle(put(made.store, message(body)))
  await made.sim.settle(made.store.close())
  expect(made.machine.io.disk.exists('/store/abort')).toBe(false)
  failing = false
  const store = await made.restart()
  expect(await bodies(store, 'TopicTest', 0, made.sim)).toEqual([...sent, ...sent])
})
