import { crc32 } from '@mq/protocol'
import { expect, test } from 'vitest'
import { verifyStore } from '../src/index.js'
import { message, put, world } from './support.js'

const config = { mappedFileSizeCommitLog: 1 << 16, messageIndexEnable: false }
const stale = 'TAGS\u0001a\u0002__CRC32#\u00010123456789\u0002'

/** By the words of 5.x: over all but the last 20 bytes, lowest digit first, filled up with zeros. */
const wanted = (record: Buffer) => [...String(crc32(record.subarray(0, -20))).padStart(10, '0')].reverse().join('')

test('a checksum among the properties is made to fit the record it is in', async () => {
  const made = await world(config)
  await made.sim.settle(put(made.store, message('one', { properties: stale })))
  await made.sim.settle(put(made.store, message('two', { properties: Buffer.from(stale) })))
  const log = Buffer.from(made.machine.io.disk.readWhole('/store/commitlog/00000000000000000000')!)
  const size = log.readInt32BE(0)
  for (const record of [log.subarray(0, size), log.subarray(size, 2 * size)]) {
    expect(record.toString('latin1', size - 20)).toBe(`__CRC32#\u0001${wanted(record)}\u0002`)
  }
})

test('verify names a record that does not fit it', async () => {
  const made = await world(config, { checksums: false })
  for (const body of ['one', 'two', 'three'])
    await made.sim.settle(put(made.store, message(body, { properties: stale })))
  await made.sim.settle(made.store.close())
  const { disk } = made.machine.restart()
  const verify = () => verifyStore({ disk, directory: '/store', config }).findings
  expect(verify()).toEqual([])
  const path = '/store/commitlog/00000000000000000000'
  const log = Buffer.from(disk.readWhole(path)!)
  const size = log.readInt32BE(0)
  const file = disk.open(path)
  file.write(Buffer.from([log[size + 45]! ^ 1]), size + 45)
  file.close()
  expect(verify()).toMatchObject([
    { kind: 'commit log', file: path, offset: size, problem: expect.stringContaining('__CRC32#') },
  ])
})
