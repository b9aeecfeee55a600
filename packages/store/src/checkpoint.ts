import type { Disk } from '@mq/io'
import { crc32Full, readInt64, writeInt64 } from '@mq/protocol'
import { flippedBit } from './flipped-bit.js'
import { readStart } from './read-start.js'

/*
 * checkpoint, 4096 bytes: 0 physicMsgTimestamp:i64 | 8 logicsMsgTimestamp:i64 | 16 indexMsgTimestamp:i64 | 24 two fields of
 * 5.x | … | 1024 our own note: magic:i32 | queueCount:i32 | logEnd:i64 (-1 unless stopped cleanly) | sumOfMaxOffsets:i64 |
 * physicMsgTimestamp:i64 | logicsMsgTimestamp:i64 | indexedTo:i64 | indexFiles:i32 | flushedTo:i64 | partialTo:i64 | partialSum:u32 | crc:u32 of all other bytes.
 * Apache keeps what it does not know.
 */
export const checkpointBytes = 4096
const noteAt = 1024
const noteMagic = 0x4d51_4e32
const crcAt = noteAt + 72
/** What lies this far before the newest checkpoint is safe, whatever the order of writes was (`getMinTimestamp`). */
const marginMs = 3000

export interface CheckpointTimes {
  /** Store time of the last record that is flushed, ms. */
  physic: number
  /** Store time of the last record whose consume queue entry is flushed. */
  logics: number
  /** Store time of the last record in a finished index file. */
  index: number
}

/** Lets the next start see that consume queues or index files are missing, which their own files cannot tell. */
export interface StoreNote {
  queueCount: number
  /** End of the log, when the store was stopped cleanly; -1 while it runs. */
  logEnd: number
  sumOfMaxOffsets: number
  /** Records before this position are in the key index, on the disk; -1 when no index is kept. */
  indexedTo: number
  indexFiles: number
  /** The log is on the disk at least up to here: what cannot be read before it is damage, no torn tail. */
  flushedTo: number
  /** Where the log ended when it was last left in order, and the checksum of its last block up to there; 0 and 0 when that is complete. */
  partialTo: number
  partialSum: number
}

/** The store's `checkpoint` file: up to which store time everything is on the disk (`StoreCheckpoint`). */
export class Checkpoint {
  times: CheckpointTimes = { physic: 0, logics: 0, index: 0 }
  /** Undefined when Apache wrote to the store last. */
  note: StoreNote | undefined
  /** Its folder has been synced since it was made. */
  #nameLasts = false

  constructor(
    private readonly disk: Disk,
    private readonly path: string,
  ) {}

  load(): void {
    const bytes = readStart(this.disk, this.path, checkpointBytes)
    if (!bytes || bytes.length < 24) return
    this.times = { physic: readInt64(bytes, 0), logics: readInt64(bytes, 8), index: readInt64(bytes, 16) }
    if (bytes.length < checkpointBytes || bytes.readInt32BE(noteAt) !== noteMagic) return
    if (readInt64(bytes, noteAt + 24) !== this.times.physic || readInt64(bytes, noteAt + 32) !== this.times.logics)
      return
    if (bytes.readUInt32BE(crcAt) !== checkpointCrc(bytes)) return
    this.note = {
      queueCount: bytes.readInt32BE(noteAt + 4),
      logEnd: readInt64(bytes, noteAt + 8),
      sumOfMaxOffsets: readInt64(bytes, noteAt + 16),
      indexedTo: readInt64(bytes, noteAt + 40),
      indexFiles: bytes.readInt32BE(noteAt + 48),
      flushedTo: readInt64(bytes, noteAt + 52),
      partialTo: readInt64(bytes, noteAt + 60),
      partialSum: bytes.readUInt32BE(noteAt + 68),
    }
  }

  /** Records up to this store time are in the log and in the consume queues, on the disk. */
  get safeTimestamp(): number {
    return Math.max(0, Math.min(this.times.physic, this.times.logics) - marginMs)
  }

  /**
   * No longer vouches for any consume queue: the next start reads the whole log then, whatever queues there are. Comes before they are
   * made anew, which may be broken off. Throws `IoError`.
   */
  forgetQueues(): void {
    const note = this.note && { ...this.note, queueCount: 0, logEnd: -1, sumOfMaxOffsets: 0 }
    this.save({ ...this.times, logics: 0 }, note)
  }

  get hasForgottenQueues(): boolean {
    return this.times.physic > 0 && this.times.logics === 0
  }

  /** Writes it, and makes it last; without a note it looks as Apache's does. Throws `IoError`. */
  save(times: CheckpointTimes, note: StoreNote | undefined): void {
    this.times = times
    this.note = note
    const file = this.disk.open(this.path, { create: true })
    try {
      if (file.size() < checkpointBytes) file.truncate(checkpointBytes)
      const bytes = Buffer.alloc(checkpointBytes)
      file.readNow(bytes, 0)
      encodeTimes(times).copy(bytes)
      bytes.set(note ? encodeNote(note, times) : Buffer.alloc(crcAt - noteAt), noteAt)
      bytes.writeUInt32BE(checkpointCrc(bytes), crcAt)
      file.write(bytes.subarray(0, 24), 0)
      file.write(bytes.subarray(noteAt, crcAt + 4), noteAt)
      file.syncNow()
    } finally {
      file.close()
    }
    if (!this.#nameLasts) this.disk.syncDirectory(this.path.slice(0, this.path.lastIndexOf('/')))
    this.#nameLasts = true
  }
}

function encodeTimes({ physic, logics, index }: CheckpointTimes): Buffer {
  const bytes = Buffer.alloc(24)
  writeInt64(bytes, physic, 0)
  writeInt64(bytes, logics, 8)
  writeInt64(bytes, index, 16)
  return bytes
}

function encodeNote(note: StoreNote, times: CheckpointTimes): Buffer {
  const bytes = Buffer.alloc(72)
  bytes.writeInt32BE(noteMagic, 0)
  bytes.writeInt32BE(note.queueCount, 4)
  writeInt64(bytes, note.logEnd, 8)
  writeInt64(bytes, note.sumOfMaxOffsets, 16)
  writeInt64(bytes, times.physic, 24)
  writeInt64(bytes, times.logics, 32)
  writeInt64(bytes, note.indexedTo, 40)
  bytes.writeInt32BE(note.indexFiles, 48)
  writeInt64(bytes, note.flushedTo, 52)
  writeInt64(bytes, note.partialTo, 60)
  bytes.writeUInt32BE(note.partialSum, 68)
  return bytes
}

/** Checksum over a whole checkpoint but for the place of the checksum itself. */
const checkpointCrc = (bytes: Buffer): number => crc32Full(covered(bytes))

function covered(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes.subarray(0, checkpointBytes))
  return copy.fill(0, crcAt, crcAt + 4)
}

/**
 * The byte of a checkpoint in which one bit is flipped. Undefined when it is as we wrote it, and when it is altogether different:
 * Apache's broker writes its fields without our checksum.
 */
export function checkpointSpoiltAt(bytes: Buffer): number | undefined {
  if (bytes.length < checkpointBytes) return undefined
  const wanted = bytes.readUInt32BE(crcAt)
  const difference = (checkpointCrc(bytes) ^ wanted) >>> 0
  if (difference === 0) return undefined
  if ((difference & (difference - 1)) === 0) return crcAt + 3 - ((31 - Math.clz32(difference)) >> 3)
  return flippedBit(covered(bytes), wanted)?.byte
}
