import { crc32, readInt64, RecordMagic, type RecordLayout, recordLayout } from '@mq/protocol'
import { headBytesMax, recordRest } from './record-head.js'

/** What a scan of the commit log found at a position. */
export type Checked =
  | { kind: 'record'; size: number; layout: RecordLayout }
  /** Filler up to the end of the file. */
  | { kind: 'blank' }
  /** Nothing was ever written there. */
  | { kind: 'empty' }
  /** More bytes are needed to tell. */
  | { kind: 'partial'; size: number }
  | { kind: 'broken'; reason: string }

const headBytes = 8

/**
 * Checks the record at `at`, which is position `position` of the log, as recovery does (`checkMessageAndReturnSize`, 4.7.1),
 * and also that it belongs at this position: what was left there by an earlier log does not pass.
 *
 * @param left bytes up to the end of the file
 */
export function checkRecord(bytes: Buffer, at: number, position: number, left: number, checkCrc: boolean): Checked {
  if (left < headBytes) return { kind: 'broken', reason: 'the file ends without a BLANK record' }
  if (bytes.length - at < headBytes) return { kind: 'partial', size: headBytes }
  const size = bytes.readInt32BE(at)
  const magic = bytes.readInt32BE(at + 4)
  if (magic === RecordMagic.BLANK && size === left) return { kind: 'blank' }
  if (magic === 0 && size === 0) return { kind: 'empty' }
  if (magic !== RecordMagic.V1 && magic !== RecordMagic.V2)
    return { kind: 'broken', reason: `no record starts there (magic 0x${(magic >>> 0).toString(16)})` }
  if (size <= 0 || size + headBytes > left) return { kind: 'broken', reason: `a record of ${size} bytes does not fit` }
  if (bytes.length - at < size) {
    const isWrong = bytes.length - at >= headBytesMax && !recordRest(bytes, at)
    return isWrong
      ? { kind: 'broken', reason: 'its size does not fit the length of its body' }
      : { kind: 'partial', size }
  }
  return checkWhole(bytes, at, size, position, checkCrc)
}

function checkWhole(bytes: Buffer, at: number, size: number, position: number, checkCrc: boolean): Checked {
  let layout: RecordLayout
  try {
    layout = recordLayout(bytes, at)
  } catch (error) {
    return { kind: 'broken', reason: (error as Error).message }
  }
  const { bodyAt, bodySize } = layout
  if (readInt64(bytes, at + 28) !== position) return { kind: 'broken', reason: 'it names another position as its own' }
  if (checkCrc && bodySize > 0 && crc32(bytes.subarray(bodyAt, bodyAt + bodySize)) !== bytes.readInt32BE(at + 8))
    return { kind: 'broken', reason: 'the checksum of its body is wrong' }
  return { kind: 'record', size, layout }
}
