import type { Logger } from '@mq/io'
import { recordQueueOffset, recordSysFlag } from '@mq/protocol'
import type { BlockSums } from './block-sums.js'
import type { Checkpoint } from './checkpoint.js'
import type { CommitLog } from './commit-log.js'
import type { ConsumeQueue } from './consume-queue.js'
import type { ConsumeQueues } from './consume-queues.js'
import { type DamagedRecord, DamageFinder } from './damage-finder.js'
import type { DamageList } from './damage-list.js'
import type { KeyIndex } from './key-index.js'
import { type DamagedMessage, LastPlaces } from './last-places.js'
import { LogScan, scannedProperties, scannedStoreTimestamp, scannedTopic, type ScannedRecord } from './log-scan.js'
import { hasEntry } from './has-entry.js'
import { isFlipped, leadsToOwn } from './own-record.js'
import { QueueDoubts } from './queue-doubts.js'
import { QueueOrder } from './queue-order.js'
import type { ProgressTeller } from './recovery-progress.js'
import type { StoreFolder } from './store-folder.js'
import { tagsCodeOfMessage } from './tags-code.js'

export interface RecoveryOptions {
  folder: StoreFolder
  log: CommitLog
  queues: ConsumeQueues
  checkpoint: Checkpoint
  /** There was no `abort` file: the last process stopped in order. */
  clean: boolean
  /** Why the consume queues that are there are not to be used; undefined when they may be. */
  distrust: string | undefined
  checkCrc: boolean
  delaysMs: readonly number[]
  damages: DamageList
  nowMs: number
  logger: Logger
  /** Undefined when no index of keys is kept. */
  index: KeyIndex | undefined
  progress: ProgressTeller
  /** Checksums of the log; undefined when none are kept. */
  sums: BlockSums | undefined
}

export interface Recovered {
  /** Where reading of the log began. */
  start: number
  /** First record that the checkpoint does not vouch for; the end of the log when there is none. */
  unsureFrom: number
  /** Store time of the last record; 0 when none was read. */
  lastStoreTimestamp: number
  records: number
  /** Why the consume queues were made anew from the whole log; undefined when they were not. */
  rebuilt: string | undefined
}

/**
 * Finds the end of the log and makes the consume queues agree with it. After an orderly stop only what the queues do not
 * lead to is read; after another one the log is read from the checkpoint on (`CommitLog.recoverAbnormally`), and what was
 * written behind the last good record is made zero, so that it can never pass for records again.
 */
export function recover(options: RecoveryOptions): Recovered {
  return new Recovery(options).run()
}

class Recovery {
  readonly #scan: LogScan
  readonly #damage: DamageFinder
  readonly #doubts: QueueDoubts
  readonly #places: LastPlaces
  #records = 0
  #lastStoreTimestamp = 0
  #reasonToRebuild: string | undefined
  #start = 0
  /** The log does not reach further. */
  #endAtMost = 0
  #unsureFrom: number | undefined
  #safe: number | undefined
  /** Records whose queue offset is not what was written. */
  #setAside: DamagedRecord[] = []
  /** Those, and other damaged ones that say what they are. */
  #damaged: DamagedMessage[] = []

  constructor(private readonly options: RecoveryOptions) {
    const { log, checkCrc, checkpoint, sums } = options
    // What Apache's broker wrote since is not what the checksums are of.
    this.#scan = new LogScan(log, checkCrc, checkpoint.note && sums)
    this.#doubts = new QueueDoubts(options)
    this.#damage = new DamageFinder({ ...options, doubts: this.#doubts }, this.#scan)
    this.#places = new LastPlaces(options)
  }

  run(): Recovered {
    const { log, queues, clean, folder } = this.options
    if (log.files.first === undefined) {
      folder.markRunning()
      queues.dropAll()
      log.startAt(0)
      return this.#result(undefined)
    }
    this.#reasonToRebuild = this.options.distrust ?? this.#doubts.aboutQueues()
    let end = -1
    if (this.#reasonToRebuild === undefined)
      end = this.#readFrom(Math.min(this.#endOfIndex(), clean ? this.#endOfDispatched() : this.#safeStart()))
    const rebuilt = this.#reasonToRebuild
    if (rebuilt !== undefined) end = this.#rebuild(rebuilt)
    log.startAt(end)
    this.#settleSums(end)
    return this.#result(rebuilt)
  }

  /** Drops the checksums of what the log no longer has. */
  #settleSums(end: number): void {
    const { log, checkpoint, sums, logger } = this.options
    sums?.cut(end)
    if (!sums || checkpoint.note) return
    const dropped = sums.dropOverwritten(end, (target, position) => log.files.readNow(target, position))
    if (dropped > 0)
      logger.warn({ dropped }, `${dropped} checksums dropped: another broker has written the commit log anew there`)
  }

  #result(rebuilt: string | undefined): Recovered {
    const unsureFrom = this.#unsureFrom ?? this.options.log.end
    return {
      start: this.#start,
      unsureFrom,
      lastStoreTimestamp: this.#lastStoreTimestamp,
      records: this.#records,
      rebuilt,
    }
  }

  /** Makes all queues anew, from the first record there is. */
  #rebuild(reason: string): number {
    const { log, queues, logger } = this.options
    logger.warn({ reason }, `consume queues are rebuilt from the whole commit log: ${reason}`)
    this.#begin(log.min)
    queues.dropAll()
    this.#reasonToRebuild = undefined
    return this.#readFrom(log.min)
  }

  /** Reads records up to the end of the log and cuts log and queues there. Returns the end. */
  #readFrom(start: number): number {
    const { log, queues, index, clean, progress, logger } = this.options
    this.#start = start
    // An earlier reading, of the end alone, counts for nothing: above all its store times, which are later than those of what comes now.
    this.#records = 0
    this.#lastStoreTimestamp = 0
    this.#unsureFrom = undefined
    const order = this.#newOrder()
    this.#endAtMost = this.#endOfLastUsed()
    progress.begin(start, this.#endAtMost)
    this.#begin(start)
    for (const queue of queues.all()) {
      const { maxOffset } = queue
      if (this.#cutAtLog(queue, start) === 'spoilt')
        this.#reasonToRebuild ??= `an entry of ${queue.topic} queue ${queue.queueId} leads to another record`
      // That they are gone must last, too, when no others come in their place.
      if (queue.maxOffset < maxOffset) queues.touched(queue)
      if (queue.ext?.lacksUnits)
        this.#reasonToRebuild ??= `${queue.topic} queue ${queue.queueId} lacks units in its extension files`
    }
    if (!clean) index?.cut(start)
    const { position, broken } = this.#scan.run(
      start,
      (record) => this.#dispatch(record, order),
      (at, problem) => this.#behind(at, problem, order),
    )
    if (this.#reasonToRebuild === undefined) {
      order.finish()
      this.#damage.finish(this.#setAside)
      this.#places.keep(order, this.#damaged, position)
    }
    if (broken !== undefined)
      logger.warn({ position, reason: broken }, `${this.#placeOf(position)}: unfinished write cut off (${broken})`)
    if (!clean && start !== log.min) this.#reasonToRebuild ??= this.#doubts.aboutEnds()
    // A queue that turned out to lack entries makes all of them be rebuilt, by another reading.
    if (this.#reasonToRebuild === undefined && (!clean || broken !== undefined)) log.files.cut(position)
    return position
  }

  #newOrder(): QueueOrder {
    const { log, queues, checkpoint, damages } = this.options
    this.#setAside = []
    this.#damaged = []
    return new QueueOrder({
      logMin: this.#start === log.min ? log.min : undefined,
      hasAllQueues: checkpoint.note !== undefined,
      isSetAside: ({ position, size }) => damages.has(position, position + size),
      restore: (queue, { queueOffset, position, size, tagsCode, storeTimestamp }) => {
        queue.restore(queueOffset, position, size, tagsCode, storeTimestamp)
        queues.touched(queue)
      },
      setAside: ({ topic, queueId }, record) => {
        const { queueOffset, position, size } = record
        const reason = `${topic} queue ${queueId} has no place for the queue offset ${queueOffset} there`
        this.#setAside.push({ position, size, reason })
        this.#damaged.push({ topic, queueId, ...record })
      },
      needsWholeLog: (problem) => (this.#reasonToRebuild ??= problem),
    })
  }

  #behind(position: number, broken: string | undefined, order: QueueOrder): number | undefined {
    const next = this.#damage.behind(position, broken, this.#lastStoreTimestamp)
    if (next === undefined) return undefined
    order.lost(position, next - position)
    for (const message of this.#damagedMessages(position, next)) {
      this.#damaged.push(message)
      const queue = this.options.queues.find(message.topic, message.queueId)
      if (queue) order.lostOf(queue, message)
    }
    return next
  }

  /** Damaged messages between two positions, as far as they say themselves what they are. */
  *#damagedMessages(from: number, to: number): Generator<DamagedMessage> {
    let record = this.#scan.damagedRecord(from, to)
    while (record) {
      if (hasEntry(recordSysFlag(record.bytes, record.at))) yield this.#queuedRecord(record)
      record = this.#scan.damagedRecord(record.position + record.size, to)
    }
  }

  /** The end of the last file with something in it: another one may have been made ready. */
  #endOfLastUsed(): number {
    const { files } = this.options.log
    const head = Buffer.alloc(8)
    const used = files.starts.findLast((start) => files.readNow(head, start) > 0 && head.some((byte) => byte !== 0))
    return (used ?? 0) + files.fileBytes
  }

  #dispatch(record: ScannedRecord, order: QueueOrder): void {
    const { index, checkpoint, progress } = this.options
    const { position } = record
    progress.reached(position)
    const storeTimestamp = scannedStoreTimestamp(record)
    this.#records++
    if (storeTimestamp >= checkpoint.times.physic) this.#unsureFrom ??= position
    this.#lastStoreTimestamp = Math.max(this.#lastStoreTimestamp, storeTimestamp)
    index?.put(record)
    this.#enqueue(record, order)
  }

  #enqueue(record: ScannedRecord, order: QueueOrder): void {
    // Another reading, of all of the log, makes all queues anew.
    if (this.#reasonToRebuild !== undefined || !hasEntry(recordSysFlag(record.bytes, record.at))) return
    const queued = this.#queuedRecord(record)
    const { topic, queueId, position } = queued
    const queue = this.options.queues.open(topic, queueId)
    if (typeof queue === 'object') return order.take(queue, queued)
    this.options.logger.error({ position }, `the record at ${position} of the commit log cannot be reached: ${queue}`)
  }

  #queuedRecord(record: ScannedRecord): DamagedMessage {
    const { bytes, at, position, size } = record
    const topic = scannedTopic(record)
    const storeTimestamp = scannedStoreTimestamp(record)
    const tagsCode = tagsCodeOfMessage(topic, scannedProperties(record), storeTimestamp, this.options.delaysMs)
    const queueOffset = recordQueueOffset(bytes, at)
    return { topic, queueId: bytes.readInt32BE(at + 12), queueOffset, position, size, tagsCode, storeTimestamp }
  }

  #placeOf(position: number): string {
    const { files } = this.options.log
    return `${files.pathOf(files.startOf(position))} at byte ${position % files.fileBytes}`
  }

  /** Clean stop: the end of the last record that a queue leads to. */
  #endOfDispatched(): number {
    const { log, checkpoint } = this.options
    const end = Math.max(log.min, this.#doubts.atStart.logEnd)
    if (checkpoint.note && checkpoint.note.logEnd >= end) return end
    // Last written by Apache: the last files are read, as Apache does, to see that no queue is missing.
    return Math.min(end, log.files.starts.at(-3) ?? log.min)
  }

  /** Up to where the key index needs nothing from the log; what Apache left of it is taken as it is. */
  #endOfIndex(): number {
    const { log, index, checkpoint } = this.options
    const { note } = checkpoint
    if (!index || !note || note.indexedTo < 0) return Infinity
    return note.indexFiles > index.fileCount ? log.min : Math.max(log.min, note.indexedTo)
  }

  /**
   * Before anything is changed: should this start be broken off, the next one must begin to read no later, for queues that end too
   * early do not look wrong. In this order, each step is enough.
   */
  #begin(start: number): void {
    const { checkpoint, folder } = this.options
    if (this.#hasRecordsBehind(start) && start < this.#safeStart()) {
      checkpoint.forgetQueues()
      this.#safe = undefined
    }
    folder.markRunning()
  }

  /** Does a later file begin with a record? At most starts none does, and no file has to be looked into. */
  #hasRecordsBehind(start: number): boolean {
    const later = this.options.log.files.starts.filter((file) => file > start)
    return later.some((file) => this.#scan.storeTimestampAt(file) !== undefined)
  }

  /** Other stop: the newest file that begins with a record from before the checkpoint. */
  #safeStart(): number {
    return (this.#safe ??= this.#findSafeStart())
  }

  #findSafeStart(): number {
    const { log, checkpoint } = this.options
    // No record is from before that: no file needs to be looked into.
    if (checkpoint.safeTimestamp === 0) return log.min
    const newestFirst = [...log.files.starts].reverse()
    const safe = newestFirst.find((start) => {
      const stored = this.#scan.storeTimestampAt(start)
      return stored !== undefined && stored > 0 && stored <= checkpoint.safeTimestamp
    })
    return safe ?? log.min
  }

  /**
   * Entries that lead behind the start of reading come again from the log, or went with its end. Where the first is of neither kind it is
   * spoilt, and nobody knows how many of those behind it the log will not give again.
   */
  #cutAtLog(queue: ConsumeQueue, start: number): 'cut' | 'spoilt' {
    const { clean, log, damages } = this.options
    return queue.cutAtLog({
      logEnd: start,
      isClean: clean,
      mayDrop: (entry) =>
        leadsToOwn(log, queue, entry) ||
        damages.endOfDamageAt(entry.position) !== undefined ||
        (this.#mayBeGone(entry.position) && !isFlipped(log, queue, entry, start)),
    })
  }

  /** Can a record have lain there that a stop without notice took? */
  #mayBeGone(position: number): boolean {
    const { clean, checkpoint, log } = this.options
    const flushedTo = checkpoint.note?.flushedTo ?? 0
    return !clean && position >= flushedTo && position < this.#endAtMost + log.files.fileBytes
  }
}
