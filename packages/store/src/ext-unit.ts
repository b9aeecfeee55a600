import { readInt64, writeInt64 } from '@mq/protocol'

/*
 * Unit of an extension file (`ConsumeQueueExt.CqExtUnit`, 4.7.1): size:i16 | tagsCode:i64 | msgStoreTime:i64 | bitMapSize:i16 | bit map.
 * A size of -1 ends a file in which there is no room for another unit, 0 is what was not written.
 */

/** A unit without a bit map, as all are that this store writes. */
export const extUnitBytes = 20
/** So many bytes of a file stay free of units. */
export const extEndBytes = 4
const endMark = -1

export interface ExtUnit {
  /** Bytes, the bit map included. */
  size: number
  tagsCode: number
  storeTimestamp: number
}

export function writeExtUnit(target: Buffer, at: number, tagsCode: number, storeTimestamp: number): void {
  target.writeInt16BE(extUnitBytes, at)
  writeInt64(target, tagsCode, at + 2)
  writeInt64(target, storeTimestamp, at + 10)
  target.writeInt16BE(0, at + 18)
}

/** Fills the rest of a file, `from` to `to`, in which no unit has room. */
export function writeExtEnd(target: Buffer, from: number, to: number): void {
  target.fill(0, from, to)
  target.writeInt16BE(endMark, from)
}

/** Size of the unit there; 0 or less when there is none. */
export const extUnitSize = (bytes: Buffer, at: number): number => bytes.readInt16BE(at)
export const isExtEnd = (bytes: Buffer, at: number): boolean => extUnitSize(bytes, at) === endMark
export const extTagsCode = (bytes: Buffer, at: number): number => readInt64(bytes, at + 2)

/** Do the two lengths of what is there fit each other? */
export const isExtUnit = (bytes: Buffer, at: number): boolean =>
  bytes.readInt16BE(at + 18) >= 0 && extUnitSize(bytes, at) === extUnitBytes + bytes.readInt16BE(at + 18)

/** The unit there, of which the bit map need not be in `bytes`; undefined when there is none. */
export function readExtUnit(bytes: Buffer, at: number): ExtUnit | undefined {
  if (!isExtUnit(bytes, at)) return undefined
  return {
    size: extUnitSize(bytes, at),
    tagsCode: extTagsCode(bytes, at),
    storeTimestamp: readInt64(bytes, at + 10),
  }
}
