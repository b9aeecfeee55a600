import { createHash } from 'node:crypto'
import { inflateSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  decodeProperties,
  decodeRecord,
  FrameDecoder,
  MessageSysFlag,
  offsetMessageId,
  propertiesBytesMax,
  RecordMagic,
  recordBodyIntact,
  recordByteLength,
  recordLayout,
  recordProperties,
  recordQueueOffset,
  recordSize,
  recordsIn,
  recordStoreTimestamp,
  recordSysFlag,
  recordTopic,
  writeRecord,
  type MessageRecord,
  type RecordParts,
} from '../../src/index.js'
import { expectOnlyProtocolErrors, protocolErrorOf } from '../support/bad-bytes.js'
import { goldenExchanges, goldenRecords, goldenVersions } from '../support/golden.js'

/** A record as Apache's client reports it, from ours. */
function asManifest(record: MessageRecord) {
  const body = record.sysFlag & MessageSysFlag.COMPRESSED ? inflateSync(record.body) : record.body
  return {
    topic: record.topic,
    queueId: record.queueId,
    queueOffset: record.queueOffset,
    commitLogOffset: record.commitLogOffset,
    storeSize: record.size,
    msgId: offsetMessageId(record.storeHost, record.commitLogOffset),
    storeTimestamp: record.storeTimestamp,
    bornTimestamp: record.bornTimestamp,
    flag: record.flag,
    bodyCRC: record.bodyCrc,
    bornHost: `${record.bornHost.host}:${record.bornHost.port}`,
    storeHost: `${record.storeHost.host}:${record.storeHost.port}`,
    reconsumeTimes: record.reconsumeTimes,
    preparedTransactionOffset: record.preparedTransactionOffset,
    properties: { ...decodeProperties(record.properties) },
    bodyLength: body.length,
    ...(body.length <= 256
      ? { body: Buffer.from(body).toString('hex') }
      : { bodySha256: createHash('sha256').update(body).digest('hex') }),
  }
}

const sizeOf = (parts: RecordParts) =>
  recordByteLength({
    bornHost: parts.bornHost,
    storeHost: parts.storeHost,
    topicBytes: Buffer.byteLength(parts.topic),
    bodyBytes: parts.body?.length ?? 0,
    propertiesBytes:
      typeof parts.properties === 'string' ? Buffer.byteLength(parts.properties) : parts.properties.length,
  })

function encode(parts: RecordParts): Buffer {
  const target = Buffer.alloc(sizeOf(parts))
  expect(writeRecord(target, 0, parts)).toBe(target.length)
  return target
}

describe.each(goldenVersions)('records of a %s commit log', (version) => {
  const { bytes, messages } = goldenRecords(version)
  const records = [...recordsIn(bytes)]

  it('read as Apache reads them', () => {
    expect(records.length).toBe(messages.length)
    records.forEach((record, i) => {
      // The client leaves out the sysFlag bit of what it has decompressed, and names the unique key apart.
      const { sysFlag, uniqKey, ...expected } = messages[i]!
      expect(asManifest(record)).toEqual(expected)
      expect(record.sysFlag | MessageSysFlag.COMPRESSED).toBe(sysFlag | MessageSysFlag.COMPRESSED)
      expect(decodeProperties(record.properties).UNIQ_KEY ?? null).toBe(uniqKey)
    })
  })

  it('are written as Apache wrote them, byte for byte', () => {
    let at = 0
    for (const record of records) {
      expect(encode(record).equals(bytes.subarray(at, at + record.size))).toBe(true)
      at += record.size
    }
    expect(at).toBe(bytes.length)
  })

  it('give single fields without being decoded', () => {
    let at = 0
    for (const record of records) {
      expect(recordSize(bytes, at)).toBe(record.size)
      expect(recordSysFlag(bytes, at)).toBe(record.sysFlag)
      expect(recordQueueOffset(bytes, at)).toBe(record.queueOffset)
      expect(recordStoreTimestamp(bytes, at)).toBe(record.storeTimestamp)
      expect(recordTopic(bytes, at)).toBe(record.topic)
      expect(Buffer.from(recordProperties(bytes, at)).toString()).toBe(record.properties)
      expect(recordBodyIntact(bytes, at)).toBe(true)
      at += record.size
    }
  })
})

describe('records in answers of Apache', () => {
  const answers = goldenExchanges().filter(
    ({ code, responseHeader, response }) => [11, 12, 33].includes(code) && responseHeader?.code === 0 && response,
  )

  it('are there to be tested', () => expect(answers.length).toBeGreaterThan(4))

  it.each(answers.map((answer) => [`${answer.source} ${answer.name} ${answer.serializeType}`, answer] as const))(
    'read: %s',
    (_name, { response, responseHeader }) => {
      let body: Uint8Array | undefined
      new FrameDecoder().decode(Buffer.from(response!, 'hex'), (command) => (body = command.body))
      const records = [...recordsIn(body!)]
      expect(records.length).toBeGreaterThan(0)
      expect(records.reduce((sum, record) => sum + record.size, 0)).toBe(body!.length)
      const next = responseHeader!.extFields?.nextBeginOffset
      if (next !== undefined) expect(records.at(-1)!.queueOffset).toBeLessThan(Number(next))
    },
  )
})

const ipv4 = fc.ipV4()
const ipv6 = fc.ipV6().filter((host) => !host.includes('.'))
const host = fc.record({ host: fc.oneof(ipv4, ipv6), port: fc.nat(65_535) })
const offset = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER })
const int32 = fc.integer()
const parts: fc.Arbitrary<RecordParts> = fc.record({
  queueId: int32,
  flag: int32,
  queueOffset: offset,
  commitLogOffset: offset,
  sysFlag: int32,
  bornTimestamp: offset,
  bornHost: host,
  storeTimestamp: offset,
  storeHost: host,
  reconsumeTimes: int32,
  preparedTransactionOffset: fc.integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER }),
  body: fc.option(fc.uint8Array({ maxLength: 300 }), { nil: undefined }),
  topic: fc.string({ unit: 'grapheme', maxLength: 120 }).filter((topic) => Buffer.byteLength(topic) < 256),
  properties: fc.oneof(fc.string({ unit: 'grapheme' }), fc.uint8Array()),
})

describe('writeRecord', () => {
  it('writes what decodeRecord reads', () => {
    fc.assert(
      fc.property(parts, (given) => {
        const bytes = encode(given)
        const record = decodeRecord(bytes)
        const { body, properties, sysFlag, bornHost, storeHost, ...plain } = given
        expect(record).toMatchObject(plain)
        expect(Buffer.from(record.body).equals(body ?? Buffer.alloc(0))).toBe(true)
        expect(record.properties).toBe(typeof properties === 'string' ? properties : Buffer.from(properties).toString())
        const hostBits = (bornHost.host.includes(':') ? 0x10 : 0) | (storeHost.host.includes(':') ? 0x20 : 0)
        expect(record.sysFlag).toBe((sysFlag & ~0x30) | hostBits)
        expect(record.bornHost.port).toBe(bornHost.port)
        expect(encode({ ...record, properties }).equals(bytes)).toBe(true)
        expect(recordBodyIntact(bytes)).toBe(true)
      }),
    )
  })

  it('takes the long form for topics over 127 bytes only', () => {
    const one = fc.sample(parts, 1)[0]!
    expect(decodeRecord(encode({ ...one, topic: 'x'.repeat(127) })).magic).toBe(RecordMagic.V1)
    const long = decodeRecord(encode({ ...one, topic: 'é'.repeat(64) }))
    expect(long).toMatchObject({ magic: RecordMagic.V2, topic: 'é'.repeat(64) })
  })

  it('writes at any place and touches nothing around it', () => {
    const one = { ...fc.sample(parts, 1)[0]!, topic: 'T' }
    const size = sizeOf(one)
    const target = Buffer.alloc(size + 20, 0xee)
    writeRecord(target, 10, one)
    expect(decodeRecord(target, 10).topic).toBe('T')
    expect(target.subarray(0, 10).every((byte) => byte === 0xee)).toBe(true)
    expect(target.subarray(10 + size).every((byte) => byte === 0xee)).toBe(true)
  })

  it('refuses properties that do not fit 16 bits', () => {
    const one = { ...fc.sample(parts, 1)[0]!, properties: 'x'.repeat(propertiesBytesMax + 1) }
    expect(protocolErrorOf(() => encode(one)).code).toBe('RECORD')
  })

  it('notices a changed body', () => {
    const bytes = encode({ ...fc.sample(parts, 1)[0]!, body: Buffer.from('abc'), topic: 'T' })
    bytes[recordLayout(bytes).bodyAt]! ^= 1
    expect(recordBodyIntact(bytes)).toBe(false)
  })
})

describe('bad records', () => {
  const { bytes, messages } = goldenRecords('4.7.1')
  const small = bytes.subarray(0, messages[0]!.storeSize)

  it('are refused with a sentence', () => {
    const spoil = (at: number, value: number) => {
      const copy = Buffer.from(small)
      copy.writeInt32BE(value, at)
      return protocolErrorOf(() => decodeRecord(copy)).message
    }
    expect(spoil(0, 10)).toBe(`the message record at byte 0 announces 10 bytes, ${small.length} are there`)
    expect(spoil(0, small.length + 1)).toContain(`announces ${small.length + 1} bytes`)
    expect(spoil(0, small.length - 1)).toContain('points out of it')
    expect(spoil(4, RecordMagic.BLANK)).toBe('the message record at byte 0 has the magic 0xcbd43194')
    expect(spoil(84, -1)).toContain('points out of it')
    expect(protocolErrorOf(() => decodeRecord(small, small.length)).message).toContain('has 0 bytes, the least is 91')
  })

  it('are refused at every place they may be cut off', () => {
    for (let length = 0; length < small.length; length++)
      expect(protocolErrorOf(() => decodeRecord(small.subarray(0, length))).code).toBe('RECORD')
  })

  it('never do worse than be refused', () => {
    const fewer = bytes.subarray(
      0,
      messages.slice(0, 3).reduce((sum, { storeSize }) => sum + storeSize, 0),
    )
    expectOnlyProtocolErrors((bad) => [...recordsIn(bad)], [small, fewer])
  })
})
