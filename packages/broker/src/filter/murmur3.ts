const mask = 2n ** 64n - 1n
const c1 = 0x87c37b91114253d5n
const c2 = 0x4cf5ad432745937fn

const times = (a: bigint, b: bigint): bigint => (a * b) & mask
const rotated = (value: bigint, bits: bigint): bigint => ((value << bits) | (value >> (64n - bits))) & mask

/** The first 64 bits of MurmurHash3 x64 128 with seed 0 (Guava's `murmur3_128`), unsigned. For a few names, not for data. */
export function murmur3(bytes: Uint8Array): bigint {
  const blocks = Buffer.alloc(Math.ceil(bytes.length / 16) * 16)
  blocks.set(bytes)
  const wholeBlocks = Math.floor(bytes.length / 16)
  let h1 = 0n
  let h2 = 0n
  for (let block = 0; block * 16 < blocks.length; block++) {
    h1 ^= times(rotated(times(blocks.readBigUInt64LE(block * 16), c1), 31n), c2)
    if (block < wholeBlocks) h1 = (times(rotated(h1, 27n) + h2, 5n) + 0x52dce729n) & mask
    h2 ^= times(rotated(times(blocks.readBigUInt64LE(block * 16 + 8), c2), 33n), c1)
    if (block < wholeBlocks) h2 = (times(rotated(h2, 31n) + h1, 5n) + 0x38495ab5n) & mask
  }
  const length = BigInt(bytes.length)
  h1 ^= length
  h2 ^= length
  h1 = (h1 + h2) & mask
  h2 = (h2 + h1) & mask
  return (finished(h1) + finished(h2)) & mask
}

function finished(hash: bigint): bigint {
  hash = times(hash ^ (hash >> 33n), 0xff51afd7ed558ccdn)
  hash = times(hash ^ (hash >> 33n), 0xc4ceb9fe1a85ec53n)
  return hash ^ (hash >> 33n)
}
