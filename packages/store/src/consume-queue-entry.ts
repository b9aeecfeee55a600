import { readInt64, writeInt64 } from '@mq/protocol'

/*
 * Entry of a consume queue, 20 bytes: commitLogOffset:i64 | size:i32 | tagsCode:i64. A size of 0 or less: nothing there.
 */
export const entryBytes = 20

/** Size of an entry that stands for nothing, in front of the first message of a queue that does not start at 0. */
const fillerSize = 0x7fff_ffff

/** Disks write these whole or not at all. */
const sectorBytes = 512

export function writeEntry(target: Buffer, at: number, commitLogOffset: number, size: number, tagsCode: number): void {
  writeInt64(target, commitLogOffset, at)
  target.writeInt32BE(size, at + 8)
  writeInt64(target, tagsCode, at + 12)
}

export const entryOffset = (bytes: Buffer, at: number): number => readInt64(bytes, at)
export const entrySize = (bytes: Buffer, at: number): number => bytes.readInt32BE(at + 8)
/** Comparisons of tags look at the low 32 bits; due times of delayed messages take more, and are exact up to 2^53. */
export const entryTagsCode = (bytes: Buffer, at: number): number => readInt64(bytes, at + 12)

/*
 * An extended entry has in place of the tags the position of a unit in the queue's extension files, moved into the lowest negative
 * numbers (`ConsumeQueueExt.decorate`, 4.7.1).
 */
export const isExtendedCode = (tagsCode: number): boolean => tagsCode < -0x8000_0000
export const isExtended = (bytes: Buffer, at: number): boolean => isExtendedCode(entryTagsCode(bytes, at))

/** Exact up to 2^53; files do not reach further. */
export const extPosition = (bytes: Buffer, at: number): number =>
  (bytes.readInt32BE(at + 12) & 0x7fff_ffff) * 0x1_0000_0000 + bytes.readUInt32BE(at + 16)

export function writeExtPosition(target: Buffer, at: number, position: number): void {
  writeInt64(target, position, at + 12)
  target[at + 12]! |= 0x80
}

/** Is there an entry that leads to a message? Fillers, and slots never written, do not. */
export function isEntry(bytes: Buffer, at: number): boolean {
  const size = entrySize(bytes, at)
  return size > 0 && !isFiller(bytes, at) && entryOffset(bytes, at) >= 0
}

/** Does it stand for nothing, and was it written so? What is no filler, and leads nowhere, is damaged when others lie behind it. */
export const isFiller = (bytes: Buffer, at: number): boolean =>
  entrySize(bytes, at) === fillerSize && entryOffset(bytes, at) === 0

/** Was nothing ever written there? A spoilt entry is no end of its queue: others lie behind it. */
export function isBlank(bytes: Buffer, at: number): boolean {
  return isZero(bytes, at, at + entryBytes)
}

/**
 * Did only one side of it reach the disk before the power went? Then it lies over the edge of a sector, and the other side is zero.
 *
 * @param position of the entry in its file
 */
export function isTorn(bytes: Buffer, at: number, position: number): boolean {
  const edge = at + sectorBytes - (position % sectorBytes)
  return edge < at + entryBytes && (isZero(bytes, at, edge) || isZero(bytes, edge, at + entryBytes))
}

function isZero(bytes: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (bytes[at] !== 0) return false
  return true
}

/** Entries in front of the first message, as Apache writes them: without them it takes the queue for empty. */
export function fillers(count: number): Buffer {
  const bytes = Buffer.alloc(count * entryBytes)
  for (let at = 0; at < bytes.length; at += entryBytes) writeEntry(bytes, at, 0, fillerSize, 0)
  return bytes
}
