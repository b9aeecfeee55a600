import { recordQueueOffset, recordSysFlag } from '@mq/protocol'
import { entryBytes, entryOffset, extPosition, isEntry, isExtended, writeEntry } from '../consume-queue-entry.js'
import { FileSequence } from '../file-sequence.js'
import { hasEntry } from '../has-entry.js'
import { type ScannedRecord, scannedProperties, scannedStoreTimestamp, scannedTopic } from '../log-scan.js'
import { tagsCodeOfMessage } from '../tags-code.js'
import { ExtVerifier } from './verify-ext.js'
import { type Finding, firstDifference, isUnwritten } from './finding.js'
import { fileSizeIn, type ToolStore } from './tool-store.js'

const windowEntries = 800
/** Queues that have a stretch of their entries in memory. */
const windowsMax = 1000

interface CheckedQueue {
  topic: string
  queueId: number
  files: FileSequence
  /** Entries in memory, and the queue offset of the first. */
  window: Buffer | undefined
  windowFrom: number
  /** First offset the log has a record of, and the one behind the last. */
  first: number | undefined
  next: number
}

/** Compares the consume queues, entry by entry, with what the commit log says they should be. */
export class QueueVerifier {
  readonly #queues = new Map<string, CheckedQueue>()
  readonly #damages: { from: number; to: number }[] = []
  readonly #units: ExtVerifier
  #windows = 0

  constructor(
    private readonly store: ToolStore,
    private readonly delaysMs: readonly number[],
    private readonly tell: (finding: Finding) => void,
  ) {
    this.#units = new ExtVerifier(store, tell)
  }

  load(): void {
    const { disk, folder } = this.store
    for (const topic of disk.list(folder.consumeQueues)) {
      for (const id of disk.list(`${folder.consumeQueues}/${topic}`)) if (/^\d{1,10}$/.test(id)) this.#load(topic, id)
    }
  }

  #load(topic: string, id: string): void {
    const { disk, openFiles, folder } = this.store
    const directory = `${folder.consumeQueues}/${topic}/${id}`
    const fileBytes = fileSizeIn(disk, directory)
    if (fileBytes === undefined) return
    const files = new FileSequence(disk, openFiles, directory, fileBytes)
    try {
      files.load(!this.store.clean, 'mappedFileSizeConsumeQueue', true)
    } catch (error) {
      return this.tell({ kind: 'consume queue', file: directory, offset: 0, problem: (error as Error).message })
    }
    const queue = { topic, queueId: Number(id), files, window: undefined, windowFrom: 0, first: undefined, next: 0 }
    this.#queues.set(`${topic}/${Number(id)}`, queue)
  }

  /** Queues that have files. */
  get count(): number {
    return this.#queues.size
  }

  /** The next record of the log. */
  record(record: ScannedRecord): void {
    const { bytes, at, position, size } = record
    if (!hasEntry(recordSysFlag(bytes, at))) return
    const topic = scannedTopic(record)
    const queue = this.#queues.get(`${topic}/${bytes.readInt32BE(at + 12)}`)
    // A topic that was deleted has records, and no queues; so has one whose queues are to be made anew.
    if (!queue) return
    const queueOffset = recordQueueOffset(bytes, at)
    if (queueOffset < queue.next) return
    queue.first ??= queueOffset
    queue.next = queueOffset + 1
    const wanted = Buffer.alloc(entryBytes)
    const storeTimestamp = scannedStoreTimestamp(record)
    const tagsCode = tagsCodeOfMessage(topic, scannedProperties(record), storeTimestamp, this.delaysMs)
    writeEntry(wanted, 0, position, size, tagsCode)
    this.#compare(queue, queueOffset, wanted)
    const found = this.#entry(queue, queueOffset)
    if (isExtended(found, 0)) this.#units.check(queue, extPosition(found, 0), { tagsCode, storeTimestamp })
  }

  #compare(queue: CheckedQueue, queueOffset: number, wanted: Buffer): void {
    const found = this.#entry(queue, queueOffset)
    const different = firstDifference(found, isExtended(found, 0) ? wanted.subarray(0, 12) : wanted)
    if (different === undefined || (!this.store.clean && isUnwritten(found, wanted))) return
    this.#tellEntry(
      queue,
      queueOffset,
      different,
      `does not lead to its record at ${entryOffset(wanted, 0)} of the log`,
    )
  }

  #entry(queue: CheckedQueue, queueOffset: number): Buffer {
    const { window, windowFrom } = queue
    if (window && queueOffset >= windowFrom && queueOffset < windowFrom + windowEntries)
      return window.subarray((queueOffset - windowFrom) * entryBytes, (queueOffset - windowFrom + 1) * entryBytes)
    if (!window && ++this.#windows > windowsMax) this.#forgetWindows()
    queue.window = Buffer.alloc(windowEntries * entryBytes)
    queue.windowFrom = queueOffset
    queue.files.readNow(queue.window, queueOffset * entryBytes)
    return queue.window.subarray(0, entryBytes)
  }

  #forgetWindows(): void {
    for (const queue of this.#queues.values()) queue.window = undefined
    this.#windows = 1
  }

  /** A stretch of the log that cannot be read: entries that lead there are as they should be, for all that can be told. */
  damaged(from: number, to: number): void {
    this.#damages.push({ from, to })
  }

  #leadsToDamage(entry: Buffer): boolean {
    const position = entryOffset(entry, 0)
    return this.#damages.some(({ from, to }) => position >= from && position < to)
  }

  /** What the log, which ends at `logEnd`, has no record for: in front of the first, and behind the last. */
  finish(logEnd: number): void {
    const { log, clean } = this.store
    // A stop without notice may leave entries of records that were cut off; the next start drops them.
    const isDropped = (entry: Buffer) => !clean && entryOffset(entry, 0) >= logEnd
    for (const queue of this.#queues.values()) {
      const { files, first } = queue
      const begin = files.first! / entryBytes
      const end = (files.last! + files.fileBytes) / entryBytes
      const isOfNothing = (entry: Buffer) =>
        isEntry(entry, 0) && entryOffset(entry, 0) >= log.min && !isDropped(entry) && !this.#leadsToDamage(entry)
      this.#each(queue, begin, first ?? end, isOfNothing)
      const isLeft = (entry: Buffer) => entry.some((byte) => byte !== 0) && !this.#leadsToDamage(entry)
      if (first !== undefined && clean) this.#each(queue, queue.next, end, isLeft)
    }
  }

  #each(queue: CheckedQueue, from: number, to: number, isWrong: (entry: Buffer) => boolean): void {
    for (let offset = from; offset < to; offset++) {
      const entry = this.#entry(queue, offset)
      if (!isWrong(entry)) continue
      const at = entry.findIndex((byte) => byte !== 0)
      return this.#tellEntry(queue, offset, Math.max(0, at), 'leads to no record of the log')
    }
  }

  #tellEntry({ topic, queueId, files }: CheckedQueue, queueOffset: number, byte: number, problem: string): void {
    const position = queueOffset * entryBytes
    const start = files.startOf(position)
    this.tell({
      kind: 'consume queue',
      file: files.pathOf(start),
      offset: position - start + byte,
      problem: `the entry ${queueOffset} of ${topic} queue ${queueId} ${problem}`,
    })
  }
}
