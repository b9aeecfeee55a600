import { murmur3 } from './murmur3.js'

/** Geometry for 20 % of false hits with 32 groups, Apache's defaults (`BloomFilter`). */
const bitNum = 112
const hashes = 3

/** Bits of a group and topic in Apache's bit maps (`BloomFilterData`). */
export interface BloomFilterData {
  bitNum: number
  bitPos: number[]
}

/** MQ keeps no bit maps; Apache's broker does not load a `consumerFilter.json` whose entries lack theirs. */
export function bloomFilterData(group: string, topic: string): BloomFilterData {
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
