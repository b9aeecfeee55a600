import { readInt64, type RecordLayout, RecordMagic, recordSize } from '@mq/protocol'
import { blockBytes, type BlockSums } from './block-sums.js'
import { type CommitLog, recordBytesMin } from './commit-log.js'
import { type Checked, checkRecord } from './record-check.js'
import { headBytesMax, recordRest } from './record-head.js'

/** A record as a scan meets it: `at` is its place in `bytes`, `position` that in the log. Only valid during the call. */
export interface ScannedRecord {
  bytes: Buffer
  at: number
  position: number
  size: number
  layout: RecordLayout
}

export const scannedTopic = ({ bytes, layout }: ScannedRecord): string =>
  bytes.toString('utf8', layout.topicAt, layout.topicAt + layout.topicSize)
export const scannedProperties = ({ bytes, layout }: ScannedRecord): Buffer =>
  bytes.subarray(layout.propertiesAt, layout.propertiesAt + layout.propertiesSize)
export const scannedStoreTimestamp = ({ bytes, layout }: ScannedRecord): number =>
  readInt64(bytes, layout.storeHostAt - 8)

export interface ScanEnd {
  /** Behind the last good record. */
  position: number
  /** What is wrong with what follows; undefined when nothing follows. */
  broken: string | undefined
}

const chunkBytes = 4 << 20
/** How far behind a bad record another one is looked for. */
const searchedBytes = 16 << 20
const searchedAtFirst = 16 << 10

/** Walks along the records of a log in its files, from a record's start to the end of what is readable. */
export class LogScan {
  #memory = Buffer.alloc(0)
  #chunk: Buffer = Buffer.alloc(0)
  #chunkFrom = 0

  constructor(
    private readonly log: CommitLog,
    private readonly checkCrc: boolean,
    /** Checksums over all bytes, where there are any. */
    private readonly sums?: BlockSums,
  ) {}

  /** `visit`: false ends the scan behind that record. `skip`: asked what to do where no record can be read; gives the position to go on at, or undefined to end there. */
  run(
    from: number,
    visit: (record: ScannedRecord) => boolean | void,
    skip: (position: number, broken: string | undefined) => number | undefined,
  ): ScanEnd {
    for (let position = from; ;) {
      const end = this.#runOn(position, visit)
      const next = skip(end.position, end.broken)
      if (next === undefined) return end
      position = next
    }
  }

  #runOn(from: number, visit: (record: ScannedRecord) => boolean | void): ScanEnd {
    const { files } = this.log
    let position = from
    while (files.has(files.startOf(position))) {
      let checked = this.check(position)
      if (checked.kind === 'record' && this.#endsInZero(position, checked)) {
        const next = this.check(position + checked.size).kind
        if (next !== 'record' && next !== 'blank') return { position, broken: 'its properties are cut off' }
        checked = this.check(position)
      }
      if (checked.kind === 'record') {
        const { size, layout } = checked
        const record = { bytes: this.#chunk, at: position - this.#chunkFrom, position, size, layout }
        position += size
        if (visit(record) === false) return { position, broken: undefined }
      } else if (checked.kind === 'blank') position = this.log.nextFileStart(position)
      else if (checked.kind === 'empty') return { position, broken: undefined }
      else return { position, broken: checked.kind === 'broken' ? checked.reason : 'it is cut off' }
    }
    return { position, broken: undefined }
  }

  /** No checksum covers the properties. Where a write was torn in them they end in zeros, and nothing follows. */
  #endsInZero(position: number, { size, layout }: Checked & { kind: 'record' }): boolean {
    return layout.propertiesSize > 0 && this.#chunk[position - this.#chunkFrom + size - 1] === 0
  }

  /** What is at a position. */
  check(position: number): Checked {
    const fileEnd = this.log.nextFileStart(position)
    const isInChunk = position >= this.#chunkFrom && position < this.#chunkFrom + this.#chunk.length
    const checked = isInChunk ? this.#checkChunk(position, fileEnd) : undefined
    if (checked && checked.kind !== 'partial') return checked
    // A size alone is not believed: first so much is read that the head bears it out.
    this.#fill(position, fileEnd, chunkBytes)
    const again = this.#checkChunk(position, fileEnd)
    if (again.kind !== 'partial' || again.size <= this.#chunk.length - (position - this.#chunkFrom)) return again
    this.#fill(position, fileEnd, again.size)
    return this.#checkChunk(position, fileEnd)
  }

  #checkChunk(position: number, fileEnd: number): Checked {
    const checked = checkRecord(this.#chunk, position - this.#chunkFrom, position, fileEnd - position, this.checkCrc)
    if (checked.kind !== 'record') return checked
    const spoilt = this.sums?.spoiltIn(position, checked.size)
    return spoilt ? { kind: 'broken', reason: spoilt.reason } : checked
  }

  /** The store time of the record at a position; undefined when there is none. */
  storeTimestampAt(position: number): number | undefined {
    const checked = this.check(position)
    if (checked.kind !== 'record') return undefined
    return readInt64(this.#chunk, checked.layout.storeHostAt - 8)
  }

  /** Reads whole blocks, as far as the file goes, so that their checksums can be compared. */
  #fill(position: number, to: number, count: number): void {
    const from = this.sums?.blockStart(position) ?? position
    const length = Math.ceil((position - from + count) / blockBytes) * blockBytes
    if (this.#memory.length < length) this.#memory = Buffer.allocUnsafeSlow(length)
    const target = this.#memory.subarray(0, Math.min(length, to - from))
    this.#chunk = target.subarray(0, this.log.files.readNow(target, from))
    this.#chunkFrom = from
    this.sums?.check(this.#chunk, from)
  }

  /**
   * The record that lies at a position and ends by `to`, as far as it can be told, although it is damaged: it gives its own position, and its parts
   * fit into it. Undefined when there is none.
   */
  damagedRecord(position: number, to: number): ScannedRecord | undefined {
    const head = Buffer.alloc(headBytesMax)
    const size = this.log.files.readNow(head, position) < recordBytesMin ? 0 : recordSize(head)
    if (size < recordBytesMin || size > to - position || !recordRest(head)) return undefined
    const bytes = Buffer.allocUnsafeSlow(size)
    if (this.log.files.readNow(bytes, position) < size) return undefined
    const checked = checkRecord(bytes, 0, position, Infinity, false)
    return checked.kind === 'record' ? { bytes, at: 0, position, size, layout: checked.layout } : undefined
  }

  /** The next record behind a place that cannot be read: near by, or at the start of a later file. Returns its position. */
  findRecord(from: number): number | undefined {
    const to = Math.min(this.log.nextFileStart(from), from + searchedBytes)
    for (const position of this.#magicsIn(from, to)) if (this.#isRecord(position)) return position
    return this.log.files.starts.find((start) => start > from && this.#isRecord(start))
  }

  #isRecord(position: number): boolean {
    return (this.storeTimestampAt(position) ?? 0) > 0
  }

  /** Start of the next file there is, when the one that should hold a position is missing between others; undefined when it is not. */
  behindMissing(position: number): number | undefined {
    const { files } = this.log
    return files.has(files.startOf(position)) ? undefined : files.starts.find((start) => start > position)
  }

  /** Where, after `from`, the bytes look like the start of a record. The next one mostly is near: pieces that are read grow. */
  *#magicsIn(from: number, to: number): Generator<number> {
    let length = searchedAtFirst
    for (let at = from + 8; at < to; length = Math.min(2 * length, chunkBytes)) {
      const bytes = Buffer.allocUnsafeSlow(Math.min(length, to - at))
      const got = bytes.subarray(0, this.log.files.readNow(bytes, at))
      for (const found of magicsOf(got)) yield at + found - 4
      if (got.length < bytes.length || at + got.length === to) return
      // A magic may lie across the border.
      at += got.length - 3
    }
  }
}

function magicsOf(bytes: Buffer): number[] {
  const places: number[] = []
  for (const magic of [RecordMagic.V1, RecordMagic.V2]) {
    const wanted = Buffer.alloc(4)
    wanted.writeInt32BE(magic)
    for (let at = bytes.indexOf(wanted); at >= 0; at = bytes.indexOf(wanted, at + 1)) places.push(at)
  }
  return places.sort((a, b) => a - b)
}
