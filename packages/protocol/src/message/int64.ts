/** 64-bit integers as numbers, in two halves: many times faster than through BigInt. Exact up to 2^53. */
export function writeInt64(target: Buffer, value: number, at: number): number {
  const high = Math.floor(value / 0x1_0000_0000)
  target.writeInt32BE(high, at)
  return target.writeUInt32BE(value - high * 0x1_0000_0000, at + 4)
}

export const readInt64 = (bytes: Buffer, at: number): number =>
  bytes.readInt32BE(at) * 0x1_0000_0000 + bytes.readUInt32BE(at + 4)
