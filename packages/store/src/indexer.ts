import type { Clock, Logger } from '@mq/io'
import { ProtocolError, recordLayout, RecordMagic, recordSize } from '@mq/protocol'
import type { CommitLog } from './commit-log.js'
import type { KeyIndex } from './key-index.js'
import type { ScannedRecord } from './log-scan.js'
import { headBytesMax, recordRest } from './record-head.js'

/** After a message became visible the index follows that late: keys are put in groups, off the way of an append. */
const delayMs = 50
/** Bytes of the log looked at in one go; then others get their turn. */
const bytesPerTurn = 128 * 1024

/** Follows the log and puts the keys of what has become visible into the index. */
export class Indexer {
  /** Next record to look at. */
  #position = 0
  #isScheduled = false
  #isStopped = false

  constructor(
    private readonly clock: Clock,
    private readonly log: CommitLog,
    private readonly index: KeyIndex,
    private readonly visibleTo: () => number,
    private readonly logger: Logger,
  ) {}

  start(position: number): void {
    this.#position = position
  }

  /** Records before this position have been looked at. */
  get position(): number {
    return this.#position
  }

  stop(): void {
    this.#isStopped = true
  }

  /** There may be something to do. */
  wake(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    this.clock.after(delayMs, () => this.#turn())
  }

  /** Puts all there is, at once. Throws `IoError`. */
  catchUp(): void {
    while (this.#position < this.visibleTo()) this.#step(bytesPerTurn)
  }

  #turn(): void {
    this.#isScheduled = false
    if (this.#isStopped) return
    try {
      this.#step(bytesPerTurn)
      if (this.#position >= this.visibleTo()) return this.index.flush()
    } catch (error) {
      this.logger.error({ error }, 'the key index could not be written; it is tried again')
      return this.wake()
    }
    this.#isScheduled = true
    this.clock.after(1, () => this.#turn())
  }

  #step(bytes: number): void {
    const end = Math.min(this.visibleTo(), this.#position + bytes)
    while (this.#position < end) {
      const record = this.#readable(this.#position)
      if (!record) {
        this.#position = this.log.nextFileStart(this.#position)
        continue
      }
      this.index.put(record)
      this.#position += record.size
    }
  }

  /** Behind a damaged record nobody knows where the next one starts: the rest of its file stays out of the index. */
  #readable(position: number): ScannedRecord | undefined {
    try {
      return this.#recordAt(position)
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.logger.error(
        { position, error },
        `the record at ${position} of the commit log cannot be read: no index from there`,
      )
      return undefined
    }
  }

  /** The record at a position; undefined for the filler at the end of a file. */
  #recordAt(position: number): ScannedRecord | undefined {
    const block = this.log.hot(position)
    const bytes = block ? block.bytes : this.#readRecord(position)
    const at = block ? position - block.start : 0
    if (bytes.length - at < 91 || bytes.readInt32BE(at + 4) === RecordMagic.BLANK) return undefined
    return { bytes, at, position, size: recordSize(bytes, at), layout: recordLayout(bytes, at) }
  }

  /** Only when appends are faster than the index for so long that the memory's tail is left behind. */
  #readRecord(position: number): Buffer {
    const head = Buffer.alloc(headBytesMax)
    this.log.files.readNow(head, position)
    if (head.readInt32BE(4) === RecordMagic.BLANK) return head
    const size = recordSize(head)
    if (!this.log.mayHold(position, size) || !recordRest(head))
      throw new ProtocolError('RECORD', `the record at ${position} announces ${size} bytes, which do not fit`)
    const bytes = Buffer.allocUnsafe(size)
    return bytes.subarray(0, this.log.files.readNow(bytes, position))
  }
}
