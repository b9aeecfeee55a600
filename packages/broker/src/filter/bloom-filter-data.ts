import { murmur3 } from './murmur3.js'

/** How many bits there are, and how many of them a group and topic have. */
export interface BloomGeometry {
  readonly bitNum: number
  readonly hashes: number
}

/** For so many groups with so many false hits, 1 to 99 % (`BloomFilter.createByFn`). */
export function bloomGeometry(errorPercent: number, groups: number): BloomGeometry {
  const rate = errorPercent / 100
  const bits = Math.ceil(((groups * Math.log(1 / rate)) / Math.LN2) * Math.LOG2E)
  return { bitNum: 8 * Math.ceil(bits / 8), hashes: Math.ceil(Math.log(rate) / Math.log(0.5)) }
}

/** Bits of a group and topic in Apache's bit maps (`BloomFilterData`). */
export interface BloomFilterData {
  bitNum: number
  bitPos: number[]
}

/** MQ keeps no bit maps; Apache's broker does not load a `consumerFilter.json` whose entries lack theirs. */
export function bloomFilterData(group: string, topic: string, { bitNum, hashes }: BloomGeometry): BloomFilterData {
  const hash = murmur3(Buffer.from(`${group}#${topic}`))
  const low = Number(hash & 0xffff_ffffn)
  const high = Number(hash >> 32n)
  const bitPos: number[] = []
  for (let i = 1; i <= hashes; i++) {
    const combined = (low + Math.imul(i, high)) | 0
    bitPos.push((combined < 0 ? ~combined : combined) % bitNum)
  }
  return { bitNum, bitPos }
}
