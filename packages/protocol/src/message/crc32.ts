/**
 * CRC-32 as zlib computes it, with the top bit cleared as RocketMQ stores it (`UtilAll.crc32`).
 * Small inputs take the table below: calling into zlib costs more than the work.
 */
export function crc32(bytes: Uint8Array): number {
  return crc32Full(bytes) & 0x7fff_ffff
}

/** All 32 bits of it, unsigned. */
export function crc32Full(bytes: Uint8Array): number {
  return native !== undefined && bytes.length >= nativeFrom ? native(bytes) : tableCrc(bytes) >>> 0
}

/** From this size on zlib is faster, measured on Node 20. */
const nativeFrom = 96

const native = findNative()

/** `zlib.crc32` is there from Node 20.15 and 22.2 on; found without an import, so that bundles for browsers work. */
function findNative(): ((bytes: Uint8Array) => number) | undefined {
  const runtime = globalThis.process as { getBuiltinModule?: (name: string) => unknown } | undefined
  const zlib = runtime?.getBuiltinModule?.('node:zlib') as { crc32?: (bytes: Uint8Array) => number } | undefined
  return zlib?.crc32
}

/** Four tables, so that a step takes four bytes. */
const tables = makeTables()

function makeTables(): Uint32Array[] {
  const first = Uint32Array.from({ length: 256 }, (_, byte) => {
    let value = byte
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb8_8320 : value >>> 1
    return value >>> 0
  })
  const all = [first]
  for (let i = 1; i < 4; i++) {
    const before = all[i - 1]!
    all.push(before.map((value) => (value >>> 8) ^ first[value & 0xff]!))
  }
  return all
}

const [t0, t1, t2, t3] = tables as [Uint32Array, Uint32Array, Uint32Array, Uint32Array]

function tableCrc(bytes: Uint8Array): number {
  let crc = -1
  let at = 0
  for (const end = bytes.length - 3; at < end; at += 4) {
    crc ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
    crc = t3[crc & 0xff]! ^ t2[(crc >>> 8) & 0xff]! ^ t1[(crc >>> 16) & 0xff]! ^ t0[crc >>> 24]!
  }
  for (; at < bytes.length; at++) crc = (crc >>> 8) ^ t0[(crc ^ bytes[at]!) & 0xff]!
  return ~crc
}
