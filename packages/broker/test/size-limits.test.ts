import { encodeBatch, RequestCode } from '@mq/protocol'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Bench, properties, type TestClient } from './support/bench.js'

let bench: Bench
let client: TestClient
beforeEach(async () => {
  bench = await Bench.start({ maxMessageSize: 10_000 }, { store: { maxMessageSize: 10_000 } })
  client = bench.client()
})
afterEach(() => bench.close())

const stored = async (topic: string) =>
  Number((await client.call(RequestCode.GET_MAX_OFFSET, { topic, queueId: '0' })).extFields!.offset)

const batchOf = (...sizes: number[]) =>
  encodeBatch(sizes.map((size) => ({ flag: 0, body: Buffer.alloc(size, 'x'), properties: '' })))

test('a message of the greatest length is taken, a longer one refused with its length', async () => {
  expect(await client.send('T', 'x'.repeat(9_800))).toMatchObject({ code: 0 })
  expect(await client.send('T', 'x'.repeat(10_000))).toMatchObject({
    code: 13,
    remark: expect.stringMatching(/would have 1\d{4} bytes, the most is 10000/),
  })
  expect(await stored('T')).toBe(1)
})

test('a batch that is too long is refused as a whole', async () => {
  expect(await client.send('T', batchOf(4_000, 4_000), { m: 'true' })).toMatchObject({ code: 0 })
  expect(await client.send('T', batchOf(100, 9_990), { m: 'true' })).toMatchObject({
    code: 13,
    remark: expect.stringMatching(/the batch has \d+ bytes, the most is 10000 \(maxMessageSize\)/),
  })
  expect(await stored('T')).toBe(2)
})

test('a batch with a message that is not taken is stored in no part', async () => {
  const fine = { flag: 0, body: Buffer.from('fine'), properties: '' }
  const nul = { ...fine, properties: 'a\u0001b\u0000' }
  expect(await client.send('T', encodeBatch([fine, nul]), { m: 'true' })).toMatchObject({
    code: 13,
    remark: expect.stringMatching(/^message 1 of the batch has properties that end in a NUL/),
  })
  expect(await client.send('T', batchOf(10, 9_930), { m: 'true' })).toMatchObject({
    code: 13,
    remark: expect.stringMatching(/^message 1 of the batch would have 1\d{4} bytes, the most is 10000/),
  })
  expect(await stored('T')).toBe(0)
})

test('a batch with a message that no file of the store holds is stored in no part', async () => {
  await bench.close()
  bench = await Bench.start({}, { store: { mappedFileSizeCommitLog: 4096 } })
  client = bench.client()
  expect(await client.send('T', batchOf(3_900), { m: 'true' })).toMatchObject({ code: 0 })
  expect(await client.send('T', batchOf(10, 4_000), { m: 'true' })).toMatchObject({
    code: 13,
    remark: expect.stringMatching(
      /^message 1 of the batch would have 40\d\d bytes, the most is 4088 \(what the store takes/,
    ),
  })
  expect(await stored('T')).toBe(1)
  // Nor is one kept for later that could not be delivered then.
  const long = await client.send('t'.repeat(127), 'x'.repeat(3_860), { i: properties({ DELAY: '1' }) })
  expect(long).toMatchObject({ code: 13 })
})

test.each([
  ['delayed', 'SCHEDULE_TOPIC_XXXX', { DELAY: '1' }, {}],
  ['half', 'RMQ_SYS_TRANS_HALF_TOPIC', { TRAN_MSG: 'true', PGROUP: 'PG' }, { f: '4' }],
])('a %s message has to fit under its own topic, not only in %s', async (_, waitsIn, values, more) => {
  const topic = 't'.repeat(127)
  const send = (bytes: number) => client.send(topic, 'x'.repeat(bytes), { i: properties(values), ...more })
  /** Under the limit where it waits, over it where it is to go. */
  let refused = 0
  for (let bytes = 9_500; bytes < 9_800; bytes += 20) {
    const { code, remark } = await send(bytes)
    if (code !== 0) expect(remark).toMatch(/would have 10\d\d\d bytes in ttt|has 10\d\d\d bytes/)
    if (code !== 0) refused++
  }
  await bench.sim.run(2000)
  const waiting = await stored(waitsIn)
  expect(refused).toBeGreaterThan(0)
  expect(waiting).toBe(15 - refused)
  if (waitsIn.startsWith('SCHEDULE')) expect(await stored(topic)).toBe(waiting)
})

test('properties of more than 32767 bytes are refused', async () => {
  const long = properties({ a: 'x'.repeat(32_800) })
  expect(await client.send('T', 'x', { i: long })).toMatchObject({ code: 13, remark: expect.stringMatching(/propert/) })
  expect(await stored('T')).toBe(0)
})

test('a topic of 127 characters is taken, a longer one is none', async () => {
  expect(await client.send('t'.repeat(127), 'x')).toMatchObject({ code: 0 })
  expect(await client.send('t'.repeat(128), 'x')).toMatchObject({ code: 1, remark: expect.stringMatching(/127/) })
})
