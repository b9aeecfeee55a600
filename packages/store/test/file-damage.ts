import fc from 'fast-check'

/** What may happen to a file; undefined: it is gone. */
export type Damage = (bytes: Uint8Array) => Uint8Array | undefined

const anywhere = fc.oneof(fc.nat(), fc.nat(100))

const overwritten = fc.record({ at: anywhere, bytes: fc.uint8Array({ minLength: 1, maxLength: 40 }) }).map(
  ({ at, bytes }): Damage =>
    (file) =>
      written(file, at, bytes),
)
/** Sizes, positions, counts and lengths that are far too large, or negative. */
const number = fc
  .record({
    at: anywhere,
    value: fc.constantFrom(0x7fff_ffffn, 0x7fff_fff0n, -1n, -0x8000_0000n, 0x0100_0000n, 0n),
    shift: fc.constantFrom(0n, 32n),
  })
  .map(({ at, value, shift }): Damage => {
    const bytes = Buffer.alloc(shift === 0n ? 4 : 8)
    if (shift === 0n) bytes.writeInt32BE(Number(value))
    else bytes.writeBigInt64BE(value << shift)
    return (file) => written(file, at - (at % 4), bytes)
  })
const cut = fc.nat().map(
  (at): Damage =>
    (file) =>
      file.slice(0, at % (file.length + 1)),
)
const grown = fc.record({ by: fc.constantFrom(1, 19, 400, 8192, 100_000), fill: fc.constantFrom(0, 1, 0x7f) }).map(
  ({ by, fill }): Damage =>
    (file) =>
      Buffer.concat([file, Buffer.alloc(by, fill)]),
)
const removed = fc.constant<Damage>(() => undefined)
const replaced = fc
  .constantFrom(
    '',
    'null',
    '5',
    '[]',
    '{',
    '{"damages":5}',
    '{"damages":[null,{"from":-1,"to":5},{"from":0,"to":9007199254740991}]}',
    '{"damages":[{"from":200,"to":1e300},{"from":100,"to":4000},{"from":1,"to":3000}]}',
    '['.repeat(200_000),
    '{"a":'.repeat(200_000),
    '\u0000'.repeat(500),
  )
  .map(
    (text): Damage =>
      () =>
        Buffer.from(text),
  )

/** Most damage is of a few bytes: after that of whole files little is left to be wrong. */
export const damage = fc.record({
  file: fc.nat(),
  change: fc.oneof(
    { weight: 4, arbitrary: overwritten },
    { weight: 3, arbitrary: number },
    cut,
    grown,
    removed,
    replaced,
  ),
})

function written(file: Uint8Array, position: number, bytes: Uint8Array): Uint8Array {
  if (file.length === 0) return file
  const at = position % file.length
  file.set(bytes.subarray(0, file.length - at), at)
  return file
}
