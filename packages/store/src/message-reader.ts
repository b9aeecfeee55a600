import type { CommitLog } from './commit-log.js'
import type { ConsumeQueue } from './consume-queue.js'
import {
  entryBytes,
  entryOffset,
  entrySize,
  entryTagsCode,
  extPosition,
  isEntry,
  isFiller,
  isExtendedCode,
} from './consume-queue-entry.js'
import type { ConsumeQueues } from './consume-queues.js'
import { answerOutside, scanEndOf } from './get-answer.js'
import type { GetRequest, GetResult, GetStatus } from './message-store.js'
import { StoreError } from './message-store.js'
import { type HeldPages, Misses, type PageCache } from './page-cache.js'
import { PieceCollector } from './piece-collector.js'
import type { RecordGuard } from './record-guard.js'
import type { StoreConfig } from './store-config.js'

/** Each round finds all pages that the next messages need, up to as many as a pull takes: of 800 entries that makes 25. */
const roundsMax = 100

/** What one get may still take. */
interface Limits {
  messages: number
  bytes: number
}

/** One attempt to answer a get with what is in memory. */
interface Attempt {
  request: GetRequest
  queue: ConsumeQueue
  held: HeldPages | undefined
  misses: Misses
  found: PieceCollector
}

/** Answers `get`: finds the entries, then the records, in memory when they are there, else with the disk's help. */
export class MessageReader {
  readonly #coldBytes: number
  readonly #guard: RecordGuard

  constructor(
    private readonly log: CommitLog,
    private readonly queues: ConsumeQueues,
    private readonly pages: PageCache,
    private readonly config: StoreConfig,
    memoryBytes: number,
    guard: RecordGuard,
  ) {
    this.#guard = guard
    this.#coldBytes = (memoryBytes * config.accessMessageInMemoryMaxRatio) / 100
  }

  get(request: GetRequest): GetResult | Promise<GetResult> {
    const misses = new Misses()
    const result = this.#attempt(request, undefined, misses)
    return misses.isEmpty ? result : this.#getWithDisk(request, misses)
  }

  async #getWithDisk(request: GetRequest, misses: Misses): Promise<GetResult> {
    const held: HeldPages = new Map()
    // Entries first, then the records they lead to; more rounds only when a filter lets the search go on.
    for (let round = 0; round < roundsMax; round++) {
      await this.pages.load(misses, held)
      misses = new Misses()
      const result = this.#attempt(request, held, misses)
      if (misses.isEmpty) return result
    }
    const { topic, queueId, queueOffset } = request
    throw new StoreError(
      'CORRUPT',
      `cannot read ${topic} queue ${queueId} from ${queueOffset} on: files are shorter than they should be`,
    )
  }

  /** Is a position so far back that reading it most likely means the disk (`checkInDiskByCommitOffset`)? */
  isCold(commitLogOffset: number): boolean {
    return this.log.end - commitLogOffset > this.#coldBytes
  }

  #attempt(request: GetRequest, held: HeldPages | undefined, misses: Misses): GetResult {
    const queue = this.queues.find(request.topic, request.queueId)
    const min = queue ? queue.minOffset(this.log.min) : 0
    const max = queue ? queue.maxOffset : 0
    const outside = answerOutside(request.queueOffset, min, max)
    if (!queue || outside) return outside!
    return this.#collect({ request, queue, held, misses, found: new PieceCollector() }, min)
  }

  /** Goes along the entries until enough is found, in the order of checks of `DefaultMessageStore.getMessage` (4.7.1). */
  #collect(attempt: Attempt, min: number): GetResult {
    const { request, queue, held, misses, found } = attempt
    const scanEnd = scanEndOf(request, queue.maxOffset)
    let status: GetStatus = 'NO_MATCHED_MESSAGE'
    let offset = request.queueOffset
    let entries: Buffer | undefined
    let isOwn = false
    let at = 0
    let skipTo = -1
    let lastPosition = 0
    for (; offset < scanEnd; offset++, at += entryBytes) {
      if (!entries || at >= entries.length) {
        entries = queue.entriesFrom(offset, held, misses)
        isOwn = queue.isInMemory(offset)
        at = 0
        if (!entries) break
      }
      const position = entryOffset(entries, at)
      const size = entrySize(entries, at)
      if (!isEntry(entries, at)) {
        if (!isFiller(entries, at)) this.#guard.leadsNowhere(queue, offset, position, size)
        continue
      }
      if (position < skipTo) continue
      lastPosition = position
      if (this.#isEnough(request, found, position, size)) break
      if (request.matches && !this.#hasTags(request.matches, attempt, entries, at)) continue
      if (position < this.log.min) {
        if (found.messageCount === 0) status = 'MESSAGE_WAS_REMOVING'
        skipTo = this.log.nextFileStart(position)
        continue
      }
      skipTo = -1
      const taken = this.#take(attempt, offset, position, size, isOwn)
      if (taken === 'taken') status = 'FOUND'
      else if (taken === 'damaged' && found.messageCount === 0) status = 'MESSAGE_WAS_REMOVING'
    }
    return {
      status,
      nextOffset: offset,
      minOffset: min,
      maxOffset: queue.maxOffset,
      pieces: found.pieces(),
      messageCount: found.messageCount,
      bytes: found.bytes,
      readFromDisk: this.isCold(lastPosition),
    }
  }

  /** What is lost of an extended entry filters nothing: consumers look at the tags themselves, too. */
  #hasTags(
    matches: (tagsCode: number) => boolean,
    { queue, held, misses }: Attempt,
    entries: Buffer,
    at: number,
  ): boolean {
    const own = entryTagsCode(entries, at)
    if (!isExtendedCode(own)) return matches(own)
    const code = queue.ext?.tagsCodeAt(extPosition(entries, at), held, misses) ?? 'gone'
    // What is awaited makes this round one that only looks for what is to be loaded.
    return typeof code === 'number' ? matches(code) : code === 'gone'
  }

  /**
   * Adds one record, unless the record filter refuses it, or it or its entry came damaged from the disk. Only what this process has in memory of both
   * is taken unseen.
   */
  #take(
    { request, queue, held, misses, found }: Attempt,
    queueOffset: number,
    position: number,
    size: number,
    isOwn: boolean,
  ): 'taken' | 'refused' | 'damaged' {
    const block = this.log.hot(position)
    if (block && isOwn && !request.matchesRecord) {
      found.add(block.bytes, position - block.start, size)
      return 'taken'
    }
    const isPlace = block ? position - block.start + size <= block.used : this.log.mayHold(position, size)
    if (!isPlace) return this.#guard.leadsNowhere(queue, queueOffset, position, size)
    if (!block && !this.log.isThere(position)) return 'damaged'
    if (!block && this.log.isLong(size)) {
      const isOne = this.log.headSays(position, size, held, misses)
      if (isOne === false) return this.#guard.leadsNowhere(queue, queueOffset, position, size)
      if (isOne === undefined) {
        found.expect(size)
        return 'taken'
      }
    }
    const record = this.log.bytesAt(position, size, held, misses)
    // Counted although it is not there yet: so that one round loads all that will be needed.
    if (!record) found.expect(size)
    else if (!(block && isOwn) && !this.#guard.passesFor(queue, queueOffset, record, position)) return 'damaged'
    else if (request.matchesRecord && !request.matchesRecord(record)) return 'refused'
    else found.add(record, 0, size)
    return 'taken'
  }

  /** `isTheBatchFull`: the first message is taken whatever its size. */
  #isEnough(request: GetRequest, found: PieceCollector, position: number, size: number): boolean {
    if (found.messageCount === 0) return false
    if (found.messageCount >= request.maxMessages) return true
    const limits = this.#limitsAt(position)
    return (
      found.messageCount >= limits.messages || found.bytes + size > Math.min(limits.bytes, request.maxBytes ?? Infinity)
    )
  }

  #limitsAt(position: number): Limits {
    const { config } = this
    return this.isCold(position)
      ? { messages: config.maxTransferCountOnMessageInDisk, bytes: config.maxTransferBytesOnMessageInDisk }
      : { messages: config.maxTransferCountOnMessageInMemory, bytes: config.maxTransferBytesOnMessageInMemory }
  }
}
