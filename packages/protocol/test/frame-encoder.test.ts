import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  encodeFrame,
  FrameDecoder,
  FrameEncoder,
  joinPieces,
  requestCommand,
  responseCommand,
  SerializeType,
  type ReceivedCommand,
  type RemotingCommand,
} from '../src/index.js'
import { goldenExchanges } from './support/golden.js'

function decode(bytes: Uint8Array): ReceivedCommand[] {
  const commands: ReceivedCommand[] = []
  new FrameDecoder().decode(bytes, (command) => commands.push(command))
  return commands
}

/** Binary frames of Java write their fields in the order of a hash map; with the order it has, ours is the same bytes. */
const binary = goldenExchanges()
  .filter(({ serializeType }) => serializeType === 'ROCKETMQ')
  .flatMap(({ name, request, response }) => [
    [`${name} request`, request] as const,
    ...(response === null ? [] : [[`${name} response`, response] as const]),
  ])

describe('binary headers', () => {
  it.each(binary)('%s is written as Java wrote it', (_name, hex) => {
    const [command] = decode(Buffer.from(hex, 'hex'))
    expect(Buffer.from(encodeFrame(command!)).toString('hex')).toBe(hex)
  })
})

/** JSON frames of Java servers and clients: alphabetical members, fields in the order they come. */
const json = goldenExchanges()
  .filter(({ source, serializeType }) => serializeType === 'JSON' && (source === '4.7.1' || source === '5.3.3'))
  .map(({ source, name, request }) => [`${source} ${name}`, request] as const)

describe('JSON headers', () => {
  it.each(json)('%s is written as Java wrote it', (_name, hex) => {
    const bytes = Buffer.from(hex, 'hex')
    expect(Buffer.from(encodeFrame(decode(bytes)[0]!)).toString()).toBe(bytes.toString())
  })
})

const word = fc.string({ unit: 'grapheme', maxLength: 20 })
const command: fc.Arbitrary<RemotingCommand> = fc.record({
  code: fc.integer({ min: -32_768, max: 32_767 }),
  language: fc.constantFrom('JAVA' as const, 'CPP' as const, 'GO' as const),
  version: fc.integer({ min: 0, max: 32_767 }),
  opaque: fc.integer(),
  flag: fc.integer(),
  remark: fc.option(
    word.filter((text) => text !== ''),
    { nil: undefined },
  ),
  extFields: fc.option(fc.dictionary(word, word, { noNullPrototype: true, minKeys: 1 }), { nil: undefined }),
  body: fc.option(
    fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 100 }),
      fc.array(fc.uint8Array({ minLength: 1, maxLength: 6000 }), { minLength: 1, maxLength: 4 }),
    ),
    { nil: undefined },
  ),
  serializeType: fc.constantFrom(SerializeType.JSON, SerializeType.ROCKETMQ),
})

describe('FrameEncoder', () => {
  it('writes what FrameDecoder reads, whatever leaves together', () => {
    fc.assert(
      fc.property(fc.array(command, { minLength: 1, maxLength: 20 }), (commands) => {
        const encoder = new FrameEncoder()
        for (const one of commands) encoder.add(one)
        const bytes = encoder.bytes
        const stream = Buffer.concat(encoder.take())
        expect(stream.length).toBe(bytes)
        expect([encoder.bytes, encoder.take()]).toEqual([0, []])
        const read = decode(stream)
        expect(read.map(plain)).toEqual(commands.map(plain))
      }),
      { numRuns: 300 },
    )
  })

  it('never writes again to what it has given away', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(command, fc.boolean()), { minLength: 1, maxLength: 20 }), (steps) => {
        const encoder = new FrameEncoder()
        const taken: Uint8Array[] = []
        const copies: Buffer[] = []
        for (const [one, take] of steps) {
          encoder.add(one)
          if (!take) continue
          for (const piece of encoder.take()) {
            taken.push(piece)
            copies.push(Buffer.from(piece))
          }
        }
        taken.push(...encoder.take())
        copies.forEach((copy, i) => expect(copy.equals(taken[i]!)).toBe(true))
        expect(decode(Buffer.concat(taken)).length).toBe(steps.length)
      }),
      { numRuns: 200 },
    )
  })

  it('uses memory again that was released, and no other', () => {
    const first = new FrameEncoder()
    const second = new FrameEncoder()
    const small = (text: string) => requestCommand(10, undefined, Buffer.from(text))
    first.add(small('first'))
    const [memory] = first.take()
    first.release()
    second.add(small('second'))
    const [kept] = second.take()
    expect(kept!.buffer).toBe(memory!.buffer)
    first.add(small('third'))
    second.add(small('fourth'))
    second.release() // too early: what was added since is not lost
    expect(decode(Buffer.concat(first.take()))[0]!.body).toEqual(Buffer.from('third'))
    expect(decode(Buffer.concat([kept!, ...second.take()])).map(({ body }) => String(body))).toEqual([
      'second',
      'fourth',
    ])
  })

  it('joins small frames in one piece and passes large bodies on uncopied', () => {
    const encoder = new FrameEncoder()
    const large = Buffer.alloc(100_000, 1)
    for (let i = 0; i < 10; i++) encoder.add(requestCommand(10, undefined, Buffer.from('small')))
    encoder.add(requestCommand(10, undefined, large))
    encoder.add(requestCommand(10))
    const pieces = encoder.take()
    expect(pieces.length).toBe(3)
    expect(pieces[1]).toBe(large)
  })

  it('answers in the form and with the opaque of the request', () => {
    for (const serializeType of [SerializeType.JSON, SerializeType.ROCKETMQ]) {
      const [answer] = decode(encodeFrame(responseCommand({ opaque: -7, serializeType }, { code: 17, remark: 'nö' })))
      expect(answer).toMatchObject({ opaque: -7, serializeType, code: 17, remark: 'nö', flag: 1 })
    }
  })
})

const plain = (one: RemotingCommand) => ({
  ...one,
  body: one.body === undefined ? undefined : Buffer.from(joinPieces(one.body)).toString('hex'),
})
