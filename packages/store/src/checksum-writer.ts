import type { Clock, Logger } from '@mq/io'
import { crc32Full } from '@mq/protocol'
import type { BlockSums, PartialSum } from './block-sums.js'
import type { CommitLog } from './commit-log.js'
import { flippedBit } from './flipped-bit.js'

/** Blocks get their checksums that long after they were flushed: in groups, off the way of an append. */
const delayMs = 100
const retryMs = 10_000
/** Bytes of the log summed in one go; then others get their turn. */
const bytesPerTurn = 512 * 1024

/** Follows the log and notes the checksums of the blocks that are complete and flushed. */
export class ChecksumWriter {
  /** Next block to look at. */
  #position = 0
  #isScheduled = false
  #isStopped = false
  #scratch = Buffer.alloc(0)

  constructor(
    private readonly clock: Clock,
    private readonly log: CommitLog,
    private readonly sums: BlockSums,
    private readonly logger: Logger,
  ) {}

  /** Blocks from that of a position on are looked at; those that have a sum keep it. */
  start(position: number): void {
    this.#position = this.sums.blockStart(position)
    this.wake()
  }

  stop(): void {
    this.#isStopped = true
  }

  /** There may be something to do. */
  wake(): void {
    if (this.#isScheduled || this.#isStopped || this.sums.blockEnd(this.#position) > this.log.flushed) return
    this.#isScheduled = true
    this.clock.after(delayMs, () => this.#turn())
  }

  /** Sums the newest there is, at once; what lies further back than `bytesMax` stays without. Throws `IoError`. */
  catchUp(bytesMax = Infinity): void {
    this.#position = Math.max(this.#position, this.sums.blockStart(Math.max(0, this.log.flushed - bytesMax)))
    while (this.#step()) {
      // Until the block that is not complete.
    }
  }

  /** Before the store is left in order: sums what there is, at most `bytesMax` of it. */
  async finish(bytesMax: number): Promise<void> {
    try {
      this.catchUp(bytesMax)
    } catch (error) {
      this.#tell(error)
    }
    await this.sync()
  }

  /** Makes what was written last. Neither a checkpoint nor a stop fails for want of checksums. */
  async sync(): Promise<void> {
    try {
      await this.sums.sync()
    } catch (error) {
      this.#tell(error)
    }
  }

  #tell(error: unknown): void {
    this.logger.error({ error }, 'checksums of the commit log could not be written: what lies there has none yet')
  }

  /** What is known of the block that is being filled, from when the log was last left in order. */
  get partial(): PartialSum | undefined {
    return this.sums.partial
  }

  /** The checksum of what lies in the last block; undefined when that is complete. */
  partialAtEnd(): PartialSum | undefined {
    const to = this.log.end
    const from = this.sums.blockStart(to)
    return from === to ? undefined : { from, to, sum: this.#sumOf(from, to) }
  }

  #turn(): void {
    this.#isScheduled = false
    if (this.#isStopped) return
    try {
      if (!this.#step()) return
      // Few blocks at a time would cost more in reading and writing checksums than in making them.
      this.#again(this.log.flushed - this.#position < bytesPerTurn ? delayMs : 1)
    } catch (error) {
      this.#tell(error)
      this.#again(retryMs)
    }
  }

  #again(delayMs: number): void {
    this.#isScheduled = true
    this.clock.after(delayMs, () => this.#turn())
  }

  /** Sums some blocks of one log file. False when there is none to sum. */
  #step(): boolean {
    const { log, sums } = this
    const from = this.#position
    const end = Math.min(from + bytesPerTurn, log.nextFileStart(from), log.flushed)
    const to = end === log.nextFileStart(from) ? end : sums.blockStart(end)
    if (to <= from) return false
    if (log.files.has(log.files.startOf(from))) this.#sum(from, to)
    this.#position = to
    return true
  }

  #sum(from: number, to: number): void {
    const { sums } = this
    const known = sums.read(from, to)
    const all: number[] = []
    let isNew = false
    for (let block = from; block < to; block = sums.blockEnd(block)) {
      const before = known[all.length]
      const sum = before ?? this.#sumOf(block, sums.blockEnd(block))
      isNew ||= before === undefined
      all.push(sum)
    }
    if (isNew) sums.write(from, all)
    if (sums.partial && sums.partial.to <= to) sums.partial = undefined
  }

  /** What was spoilt since the log was left in order does not become good by a new checksum. */
  #sumOf(from: number, to: number): number {
    const bytes = this.#bytes(from, to)
    const { partial } = this.sums
    if (partial?.from !== from || crc32Full(bytes.subarray(0, partial.to - from)) === partial.sum)
      return crc32Full(bytes)
    const flipped = flippedBit(bytes.subarray(0, partial.to - from), partial.sum)
    if (!flipped) return ~crc32Full(bytes) >>> 0
    const whole = Buffer.from(bytes)
    whole[flipped.byte]! ^= 1 << flipped.bit
    return crc32Full(whole)
  }

  #bytes(from: number, to: number): Uint8Array {
    const block = this.log.hot(from)
    if (block && to <= block.start + block.used) return block.bytes.subarray(from - block.start, to - block.start)
    // It lies in two pieces in memory, or in none.
    if (this.#scratch.length < to - from) this.#scratch = Buffer.alloc(to - from)
    const bytes = this.#scratch.subarray(0, to - from)
    return bytes.subarray(0, this.log.files.readNow(bytes, from))
  }
}
