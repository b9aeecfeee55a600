import { type Disk, silentLogger } from '@mq/io'
import { expect, test } from 'vitest'
import { message, put, world, type World } from './support.js'

const fill = (disk: Disk, path: string, bytes: Uint8Array = Buffer.from('x')) => {
  disk.makeDirectory(path.slice(0, path.lastIndexOf('/')))
  const file = disk.open(path, { create: true })
  file.write(bytes, 0)
  file.close()
}

async function stopped(): Promise<World & { warned: string[] }> {
  const warned: string[] = []
  const warn = (_: object, sentence: string) => void warned.push(sentence)
  const made = await world({}, { logger: { ...silentLogger, warn } as typeof silentLogger })
  await made.sim.settle(put(made.store, message('kept')))
  await made.sim.settle(made.store.close())
  made.machine.restart()
  return { ...made, warned }
}

test.each([
  ['consume queues in RocksDB', 'consumequeue/CURRENT'],
  ['a log in controller mode', 'epochFileCheckpoint'],
  ['batch consume queues', 'batchconsumequeue/Topic/0/00000000000000000000'],
  ['topics in RocksDB', 'config/topics/CURRENT'],
  ['groups in RocksDB', 'config/subscriptionGroups/CURRENT'],
  ['offsets in RocksDB', 'config/consumerOffsets/CURRENT'],
  ['topics, groups and offsets in RocksDB', 'config/rdb/CURRENT'],
  ['DLedger', 'dledger-n0/data/00000000000000000000'],
])('%s are refused with a sentence that says what to do, and nothing is changed', async (what, path) => {
  const made = await stopped()
  fill(made.machine.io.disk, `/store/${path}`)
  const before = made.machine.io.disk.list('/store')
  const refused = expect.stringMatching(
    new RegExp(`/store holds .*${what}.*found as /store/.*cannot be opened: (use|write)`),
  )
  await expect(made.restart()).rejects.toMatchObject({ code: 'FORMAT', message: refused })
  expect(made.machine.io.disk.list('/store').filter((name) => !name.endsWith('.pid'))).toEqual(before)
})

test.each([
  ['consumequeue_rocksdb/CURRENT', 'made from the commit log'],
  ['kvStore/CURRENT', 'pop consumers'],
  ['compaction/compactionLog/T/0/1', 'compacted topics'],
  ['config/tieredStoreMetadata.json', 'tiered store'],
])('%s is passed over with a line in the log', async (path, words) => {
  const made = await stopped()
  fill(made.machine.io.disk, `/store/${path}`)
  const store = await made.restart()
  expect(store.maxOffset('TopicTest', 0)).toBe(1)
  expect(made.warned.filter((sentence) => sentence.includes('passed over'))).toEqual([expect.stringContaining(words)])
  expect(made.machine.io.disk.exists(`/store/${path}`)).toBe(true)
})

test('what 5.x makes at every start and nobody used is passed over in silence', async () => {
  const made = await stopped()
  const { disk } = made.machine.io
  fill(disk, '/store/timerwheel', Buffer.alloc(64))
  fill(disk, '/store/abort.bak', Buffer.alloc(0))
  disk.makeDirectory('/store/batchconsumequeue')
  fill(disk, '/store/compaction/position-checkpoint')
  await made.restart()
  expect(made.warned).toEqual([])
})

test('messages that wait in the timer of 5.x are counted', async () => {
  const made = await stopped()
  const { disk } = made.machine.io
  const wheel = Buffer.alloc(10 * 32)
  const slot = (number: number, second: number, count: number) => {
    wheel.writeBigInt64BE(BigInt(second), number * 32)
    wheel.writeInt32BE(count, number * 32 + 24)
  }
  slot(1, 1000, 5)
  slot(2, 3000, 7)
  slot(9, 4000, 2)
  fill(disk, '/store/timerwheel', wheel)
  const delivered = Buffer.alloc(56)
  delivered.writeBigInt64BE(2_000_000n)
  fill(disk, '/store/config/timercheck', delivered)
  disk.makeDirectory('/store/consumequeue/rmq_sys_wheel_timer/0')
  await made.restart()
  expect(made.warned).toEqual([expect.stringContaining('9 messages wait in the timer')])
})
