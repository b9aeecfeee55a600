import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { defaultFrameBytesMax, FrameDecoder, SerializeType, type ReceivedCommand } from '../src/index.js'
import { expectOnlyProtocolErrors, protocolErrorOf } from './support/bad-bytes.js'
import { goldenExchanges, type GoldenHeader } from './support/golden.js'

interface GoldenFrame {
  name: string
  bytes: Buffer
  serializeType: SerializeType
  header: GoldenHeader
  body: { length: number; text?: string } | undefined
}

function* framesOf(): Generator<GoldenFrame> {
  for (const one of goldenExchanges()) {
    const name = `${one.source} ${one.name} ${one.serializeType}`
    yield frame(`${name} request`, one.request, one.requestHeader, one.requestBody)
    if (one.response !== null)
      yield frame(`${name} response ${one.responseHeader!.code}`, one.response, one.responseHeader!, one.responseBody)
  }
}

function frame(name: string, hex: string, header: GoldenHeader, body: GoldenFrame['body']): GoldenFrame {
  const bytes = Buffer.from(hex, 'hex')
  return { name, bytes, serializeType: bytes[4] as SerializeType, header, body }
}

const frames = [...framesOf()]

function decodeAll(pieces: readonly Uint8Array[]): ReceivedCommand[] {
  const commands: ReceivedCommand[] = []
  const decoder = new FrameDecoder()
  // Bodies are slices of what was read, and that is only read: copies show that nothing is written to.
  for (const piece of pieces) decoder.decode(piece, (command) => commands.push(command))
  expect(decoder.idle).toBe(true)
  return commands
}

const stream = Buffer.concat(frames.map(({ bytes }) => bytes))
const whole = decodeAll([stream])

describe('golden frames', () => {
  it('are those of four clients and two servers, in both header forms', () => {
    expect(frames.length).toBeGreaterThan(700)
    expect(frames.filter(({ serializeType }) => serializeType === SerializeType.ROCKETMQ).length).toBeGreaterThan(70)
    expect(whole.length).toBe(frames.length)
  })

  it('read as they were recorded', () => {
    frames.forEach(({ name, header, body, serializeType }, i) => {
      const command = whole[i]!
      const { code, flag, language, opaque, version, remark, extFields } = command
      expect({ code, flag, language, opaque, version }, name).toEqual({
        code: header.code,
        flag: header.flag,
        language: header.language,
        opaque: header.opaque,
        version: header.version,
      })
      expect(command.serializeType, name).toBe(serializeType)
      expect(remark ?? '', name).toBe(header.remark ?? '')
      expect(extFields ?? {}, name).toEqual(asText(header.extFields))
      expect(command.body?.length ?? 0, name).toBe(body?.length ?? 0)
      if (body?.text !== undefined) expect(Buffer.from(command.body!).toString(), name).toBe(body.text)
    })
  })

  it('read the same one byte at a time', () => {
    const bytes = Buffer.concat(frames.filter((_, i) => i % 7 === 0).map(({ bytes }) => bytes))
    expect(decodeAll(Array.from(bytes, (byte) => Buffer.from([byte])))).toEqual(decodeAll([bytes]))
  })

  it('read the same however the stream is split', () => {
    const sizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 70_000 })), {
      minLength: 1,
      maxLength: 50,
    })
    fc.assert(
      fc.property(sizes, (sizes) => {
        expect(decodeAll(pieces(stream, sizes))).toEqual(whole)
      }),
      { numRuns: 8 },
    )
  })

  it('split at each place of two frames', () => {
    const two = Buffer.concat(frames.slice(0, 2).map(({ bytes }) => bytes))
    for (let at = 0; at <= two.length; at++)
      expect(decodeAll([two.subarray(0, at), two.subarray(at)])).toEqual(whole.slice(0, 2))
  })
})

/** ali-ons sends numbers and booleans, which are read as text. */
const asText = (fields: Record<string, unknown> = {}) =>
  Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, String(value)]))

function pieces(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const result: Buffer[] = []
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const end = Math.min(bytes.length, at + sizes[i % sizes.length]!)
    result.push(bytes.subarray(at, end))
    at = end
  }
  return result
}

/** A frame from its parts, true or not. */
function frameOf(header: string | Buffer, { type = 0, body = '', length = 0, headerLength = -1 } = {}): Buffer {
  const headerBytes = Buffer.from(header as string)
  const content = Buffer.concat([headerBytes, Buffer.from(body)])
  const words = Buffer.alloc(8)
  words.writeInt32BE(length || content.length + 4, 0)
  words.writeInt32BE((type << 24) | (headerLength < 0 ? headerBytes.length : headerLength), 4)
  return Buffer.concat([words, content])
}

const refusal = (bytes: Uint8Array, limits = {}) =>
  protocolErrorOf(() => new FrameDecoder(limits).decode(bytes, () => {}))

describe('what JSON headers may look like', () => {
  const read = (header: object) => decodeAll([frameOf(JSON.stringify(header))])[0]!

  it('takes the least there can be', () => {
    expect(read({ code: 10 })).toEqual({
      code: 10,
      language: 'JAVA',
      version: 0,
      opaque: 0,
      flag: 0,
      remark: undefined,
      extFields: undefined,
      body: undefined,
      serializeType: SerializeType.JSON,
    })
  })

  it('takes numbers as text, languages by number, unknown members and values of any kind', () => {
    const command = read({
      code: '10',
      language: 9,
      more: { any: 1 },
      extFields: { a: 1, b: true, c: null, d: 'x', e: { f: 1 } },
    })
    expect(command).toMatchObject({ code: 10, language: 'GO', extFields: { a: '1', b: 'true', d: 'x', e: '{"f":1}' } })
    expect('c' in command.extFields!).toBe(false)
    expect(read({ code: 1, language: 'KLINGON' }).language).toBeUndefined()
  })

  it.each([
    ['{', 'is not JSON'],
    ['', 'is not JSON'],
    ['[]', 'is not a JSON object'],
    ['null', 'is not a JSON object'],
    ['{}', "'code' is not a 32-bit integer"],
    ['{"code":1.5}', "'code' is not a 32-bit integer"],
    ['{"code":1,"opaque":4294967296}', "'opaque' is not a 32-bit integer"],
    ['{"code":1,"extFields":[]}', "'extFields' is not an object"],
    [
      `{"code":1,"extFields":{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}}`,
      'has an extension field nested too deeply',
    ],
  ])('refuses %.60s', (header, problem) => {
    expect(refusal(frameOf(header))).toMatchObject({ code: 'FRAME_HEADER', message: `the frame's header ${problem}` })
  })
})

describe('bad frames', () => {
  it('are refused by their length before memory is taken', () => {
    const length = (value: number) => {
      const bytes = Buffer.alloc(4)
      bytes.writeInt32BE(value)
      return bytes
    }
    expect(refusal(length(3))).toMatchObject({
      code: 'FRAME_LENGTH',
      message: 'a frame announces 3 bytes, the least is 4',
    })
    expect(refusal(length(-1)).code).toBe('FRAME_LENGTH')
    expect(refusal(length(0x7fff_ffff)).code).toBe('FRAME_TOO_LARGE')
    expect(refusal(length(defaultFrameBytesMax + 1)).message).toBe(
      'a frame announces 16777217 bytes, the limit is 16777216',
    )
    expect(refusal(length(101), { frameBytesMax: 100 }).code).toBe('FRAME_TOO_LARGE')
    new FrameDecoder({ frameBytesMax: 100 }).decode(length(100), () => {})
  })

  it('are refused when the header does not fit the frame, or is of an unknown form', () => {
    expect(refusal(frameOf('{"code":1}', { headerLength: 11 })).message).toBe(
      "a frame's header announces 11 bytes, the frame has 10",
    )
    expect(refusal(frameOf('{"code":1}', { type: 2 })).message).toContain('serialize type 2')
    expect(refusal(Buffer.from('GET / HTTP/1.1\r\n\r\n')).code).toBe('FRAME_TOO_LARGE')
  })

  it('are refused when a length inside a binary header points out of it', () => {
    const { bytes } = frames.find(
      ({ serializeType, header }) => serializeType === SerializeType.ROCKETMQ && header.extFields !== undefined,
    )!
    for (const at of [8 + 13, 8 + 17, 8 + 21]) {
      for (const value of [-1, 0x7fff_ffff]) {
        const copy = Buffer.from(bytes)
        copy.writeInt32BE(value, at)
        expect(refusal(copy).code).toBe('FRAME_HEADER')
      }
    }
    expect(refusal(frameOf(Buffer.alloc(20), { type: 1 })).message).toContain('a binary one has at least 21')
  })

  it('never do worse than be refused, and keep no more than one frame of memory', () => {
    const samples = frames.filter(({ bytes }) => bytes.length < 2000).map(({ bytes }) => bytes)
    const read = (bytes: Buffer) => new FrameDecoder({ frameBytesMax: 65_536 }).decode(bytes, () => {})
    expectOnlyProtocolErrors(read, samples, 3000)
    // The same behind intact length words, so that the headers are what is wrong.
    const insides = samples.map((bytes) => bytes.subarray(8, 8 + (bytes.readInt32BE(4) & 0xff_ffff)))
    for (const type of [0, 1]) {
      const ofType = insides.filter((_, i) => samples[i]![4] === type)
      expectOnlyProtocolErrors((bytes) => read(frameOf(bytes, { type })), ofType, 3000)
    }
  })
})

describe('extension fields with hostile names', () => {
  it('stay plain fields in both forms', () => {
    const json = decodeAll([frameOf('{"code":1,"extFields":{"__proto__":"x","constructor":"y"}}')])[0]!
    expect(Object.keys(json.extFields!)).toEqual(['__proto__', 'constructor'])
    const field = (name: string, value: string) => {
      const bytes = Buffer.alloc(6 + name.length + value.length)
      bytes.writeInt16BE(name.length, 0)
      bytes.write(name, 2)
      bytes.writeInt32BE(value.length, 2 + name.length)
      bytes.write(value, 6 + name.length)
      return bytes
    }
    const fields = field('__proto__', 'x')
    const header = Buffer.alloc(21)
    header.writeInt32BE(fields.length, 17)
    const binary = decodeAll([frameOf(Buffer.concat([header, fields]), { type: 1 })])[0]!
    expect(Object.entries(binary.extFields!)).toEqual([['__proto__', 'x']])
    expect(({} as Record<string, unknown>).x).toBeUndefined()
  })
})
