import type { SimHost } from '@mq/io/sim'
import { describe, expect, test } from 'vitest'
import { repairStore } from '../src/index.js'
import { bodies, message, world, type World } from './support.js'

const config = {
  mappedFileSizeCommitLog: 1 << 16,
  mappedFileSizeConsumeQueue: 400,
  maxHashSlotNum: 10,
  maxIndexNum: 99,
}
const logFile = `/store/commitlog/${'0'.repeat(20)}`
const recordBytes = 120

/** What Apache's broker leaves: no note of ours in the checkpoint, and no checksums of blocks. */
function asApacheLeavesIt({ io: { disk } }: SimHost): void {
  const file = disk.open('/store/checkpoint')
  file.write(Buffer.alloc(200), 1024)
  file.close()
  disk.removeTree('/store/checksums')
}

async function writtenByApache(stop: 'clean' | 'killed', given = config, count = 50): Promise<World> {
  const made = await world(given)
  for (let i = 0; i < count; i++) {
    made.store.append(message(`m${i}`.padEnd(10)))
    await made.sim.run(20)
  }
  // Until a checkpoint is made.
  await made.sim.run(70_000)
  if (stop === 'clean') await made.sim.settle(made.store.close())
  else made.machine.kill()
  made.machine.restart()
  asApacheLeavesIt(made.machine)
  return made
}

const spoil = ({ machine }: World, record: number): void => machine.damage(logFile, record * recordBytes + 90, 1)

const allOf = (count: number): string[] => Array.from({ length: count }, (_, i) => `m${i}`.padEnd(10))

const allBut = (...spoilt: number[]): string[] => allOf(50).filter((_, i) => !spoilt.includes(i))

const damages = ({ machine }: World): unknown =>
  JSON.parse(Buffer.from(machine.io.disk.readWhole('/store/damaged.json')!).toString()).damages

const range = (record: number) => ({ from: record * recordBytes, to: (record + 1) * recordBytes })

describe('a bad record in a folder that Apache wrote', () => {
  test.each([
    ['clean', 20],
    ['clean', 49],
    ['killed', 20],
  ] as const)('is set aside, what follows is served (%s, record %i)', async (stop, record) => {
    const made = await writtenByApache(stop)
    spoil(made, record)
    await made.restart()
    expect(await bodies(made.store, 'TopicTest', 0, made.sim)).toEqual(allBut(record))
    expect(made.store.stats().commitLogMaxOffset).toBe(50 * recordBytes)
    expect(damages(made)).toMatchObject([range(record)])
  })

  test.each(['clean', 'killed'] as const)('is set aside when the consume queues are gone, too (%s)', async (stop) => {
    const made = await writtenByApache(stop)
    spoil(made, 20)
    made.machine.io.disk.removeTree('/store/consumequeue')
    await made.restart()
    expect(await bodies(made.store, 'TopicTest', 0, made.sim)).toEqual(allBut(20))
    expect(damages(made)).toMatchObject([range(20)])
  })

  test('is set aside when a reading of the last files shows that all of them are to be read', async () => {
    const made = await writtenByApache('killed', { ...config, mappedFileSizeCommitLog: 100 * recordBytes + 8 }, 350)
    spoil(made, 20)
    made.machine.io.disk.removeTree('/store/consumequeue')
    await made.restart()
    expect(made.store.stats().commitLogMaxOffset).toBe(3 * (100 * recordBytes + 8) + 50 * recordBytes)
    expect(await bodies(made.store, 'TopicTest', 0, made.sim)).toEqual(allOf(350).filter((_, i) => i !== 20))
    expect(damages(made)).toMatchObject([range(20)])
  })

  test.each(['clean', 'killed'] as const)('is set aside by a repair (%s)', async (stop) => {
    const made = await writtenByApache(stop)
    spoil(made, 20)
    const repaired = await made.sim.settle(repairStore({ io: made.machine.io, directory: '/store', config }))
    expect(repaired).toMatchObject({ damages: 1, end: 50 * recordBytes })
    await made.restart()
    expect(await bodies(made.store, 'TopicTest', 0, made.sim)).toEqual(allBut(20))
  })

  test('is no damage when only records of an earlier log follow, as Apache leaves them behind the end', async () => {
    const made = await writtenByApache('killed')
    const { disk } = made.machine.io
    const file = disk.open(logFile)
    // Record 30 was written last, over a longer one: what is left of that is no record, what follows is older.
    const storeTimestamp = Buffer.alloc(8)
    storeTimestamp.writeBigInt64BE(BigInt(made.machine.io.clock.now()))
    file.write(storeTimestamp, 30 * recordBytes + 56)
    file.write(Buffer.alloc(8, 7), 31 * recordBytes)
    file.close()
    await made.restart()
    expect(await bodies(made.store, 'TopicTest', 0, made.sim)).toEqual(allBut().slice(0, 31))
    expect(made.store.stats().commitLogMaxOffset).toBe(31 * recordBytes)
    expect(disk.exists('/store/damaged.json')).toBe(false)
  })

  test('the last of a log left in order does not let records of an earlier log behind it come back', async () => {
    const made = await writtenByApache('clean')
    const { disk } = made.machine.io
    const file = disk.open(logFile)
    const record = Buffer.alloc(recordBytes)
    file.readNow(record, 49 * recordBytes)
    record.writeBigInt64BE(BigInt(51 * recordBytes), 28)
    file.write(record, 51 * recordBytes)
    file.close()
    spoil(made, 49)
    await made.restart()
    expect(damages(made)).toMatchObject([range(49)])
  })
})
