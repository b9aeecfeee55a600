import fc from 'fast-check'
import { expect } from 'vitest'
import { ProtocolError } from '../../src/index.js'

/** Good bytes with some of them changed, cut off, or with others put in. */
export function spoiled(samples: readonly Uint8Array[]): fc.Arbitrary<Buffer> {
  const edit = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    kind: fc.constantFrom('set', 'set', 'set', 'cut', 'insert', 'huge'),
    byte: fc.oneof(fc.constantFrom(0, 1, 2, 0x7f, 0x80, 0xff), fc.nat(255)),
  })
  return fc.tuple(fc.constantFrom(...samples), fc.array(edit, { maxLength: 6 })).map(([sample, edits]) => {
    let bytes = Buffer.from(sample)
    for (const { at, kind, byte } of edits) {
      const position = Math.floor(at * Math.max(0, bytes.length - 1))
      if (kind === 'cut') bytes = bytes.subarray(0, position)
      else if (kind === 'insert')
        bytes = Buffer.concat([bytes.subarray(0, position), Buffer.from([byte]), bytes.subarray(position)])
      else if (kind === 'huge' && position + 4 <= bytes.length)
        bytes.writeInt32BE(0x7fff_ff00 + (byte & 0xff), position)
      else if (position < bytes.length) bytes[position] = byte
    }
    return bytes
  })
}

/** `read` takes whatever it is given: it succeeds, or throws a `ProtocolError`, within reasonable time. */
export function expectOnlyProtocolErrors(
  read: (bytes: Buffer) => void,
  samples: readonly Uint8Array[],
  numRuns = 1000,
) {
  const anyBytes = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes))
  let refused = 0
  const attempt = (bytes: Buffer) => {
    try {
      read(bytes)
    } catch (error) {
      expect(error).toBeInstanceOf(ProtocolError)
      refused++
    }
  }
  fc.assert(fc.property(fc.oneof({ weight: 4, arbitrary: spoiled(samples) }, anyBytes), attempt), { numRuns })
  // Otherwise the samples were not spoiled enough to show anything.
  expect(refused).toBeGreaterThan(numRuns / 50)
}

export function protocolErrorOf(run: () => unknown): ProtocolError {
  try {
    run()
  } catch (error) {
    expect(error).toBeInstanceOf(ProtocolError)
    return error as ProtocolError
  }
  throw new Error('nothing was thrown')
}
