import { silentLogger } from '@mq/io'
import { parseDelayLevels, parseFastjson, propertyCrcFits } from '@mq/protocol'
import { BlockSums } from '../block-sums.js'
import { Checkpoint, checkpointBytes, checkpointSpoiltAt, type StoreNote } from '../checkpoint.js'
import { DocumentSums } from '../document-sums.js'
import { LogScan, type ScannedRecord } from '../log-scan.js'
import type { Finding } from './finding.js'
import { readStart } from '../read-start.js'
import { type ToolOptions, type ToolStore, withToolStore } from './tool-store.js'
import { IndexVerifier } from './verify-index.js'
import { QueueVerifier } from './verify-queues.js'

export interface VerifyOptions extends ToolOptions {
  /** Told of each finding as it is made. */
  onFinding?: (finding: Finding) => void
  /** Told how far the commit log has been read, bytes. */
  onProgress?: (done: number, total: number) => void
}

export interface VerifyResult {
  records: number
  /** Where the commit log ends. */
  end: number
  /** What follows the end is an unfinished write, which the next start cuts off: no finding. */
  tornEnd: string | undefined
  /** Bytes of the log whose only checksums are those of bodies: the store makes others for what it writes, `repair` for all. */
  unsummedBytes: number
  findings: Finding[]
}

/** Records between two reports of progress. */
const recordsPerReport = 10_000

/**
 * Reads a whole store and says what of it is not as it should be; changes nothing. Records are checked by layout, position and the
 * checksum of their bodies, consume queues and key index against the log (the index up to the first damage), the checkpoint against its second copy, JSON by reading it. Bits of
 * which there is no second copy and no checksum (properties, born hosts) cannot be told. Throws `StoreError`.
 */
export function verifyStore(options: VerifyOptions): VerifyResult {
  return withToolStore(options, (store) => new Verification(store, options).run())
}

class Verification {
  readonly #findings: Finding[] = []
  readonly #note: StoreNote | undefined
  readonly #sums: BlockSums
  readonly #scan: LogScan
  readonly #queues: QueueVerifier
  readonly #index: IndexVerifier
  readonly #damages: { from: number; to: number }[] = []
  #records = 0
  #flushed: number | undefined
  #tornEnd: string | undefined

  constructor(
    private readonly store: ToolStore,
    private readonly options: VerifyOptions,
  ) {
    const { note, times } = checkpointOf(store)
    this.#note = note
    this.#index = new IndexVerifier(store, times.index, (each) => this.#tell(each))
    const { disk, openFiles, folder, log } = store
    this.#sums = new BlockSums(disk, openFiles, folder.checksums, log.files.fileBytes, silentLogger)
    this.#sums.begin(this.#note)
    // After another broker has written, only a start tells which of them are still good.
    this.#scan = new LogScan(log, true, this.#note && this.#sums)
    this.#queues = new QueueVerifier(store, parseDelayLevels(store.config.messageDelayLevel), (each) =>
      this.#tell(each),
    )
  }

  run(): VerifyResult {
    this.#queues.load()
    this.#index.load()
    const end = this.#readLog()
    const unsummedBytes = this.#readSums(end)
    this.#queues.finish(end)
    this.#countFiles()
    this.#readCheckpoint()
    this.#readDocuments()
    return { records: this.#records, end, tornEnd: this.#tornEnd, unsummedBytes, findings: this.#findings }
  }

  #tell(finding: Finding): void {
    this.#findings.push(finding)
    this.options.onFinding?.(finding)
  }

  #readLog(): number {
    const { log } = this.store
    const total = (log.files.last ?? 0) + log.files.fileBytes - log.min
    const end = this.#scan.run(
      log.min,
      (record) => {
        this.#checkPropertyCrc(record)
        this.#queues.record(record)
        this.#index.record(record)
        if (++this.#records % recordsPerReport === 0) this.options.onProgress?.(record.position - log.min, total)
      },
      (position, broken) => this.#behind(position, broken),
    )
    return end.position
  }

  /** A store goes by its own checksums; Apache's 5.x, with `forceVerifyPropCRC`, goes by this one. */
  #checkPropertyCrc({ bytes, at, position, size }: ScannedRecord): void {
    if (propertyCrcFits(bytes, at, size)) return
    const { files } = this.store.log
    const start = files.startOf(position)
    const problem = 'the record there does not fit the checksum in its properties (__CRC32#)'
    this.#tell({ kind: 'commit log', file: files.pathOf(start), offset: position - start, problem })
  }

  get #flushedTo(): number {
    return (this.#flushed ??= this.#note ? Math.max(this.#note.flushedTo, this.#sums.end) : 0)
  }

  /** Where to go on behind what is no record; undefined at the end of the log. */
  #behind(position: number, broken: string | undefined): number | undefined {
    const { files } = this.store.log
    if (!files.has(files.startOf(position))) return this.#behindMissing(position)
    const flushedTo = this.#flushedTo
    const next = this.#scan.findRecord(position) ?? (position < flushedTo ? flushedTo : undefined)
    if (next === undefined && broken === undefined) return undefined
    if (next === undefined && !this.store.clean) {
      this.#tornEnd = `${files.pathOf(files.startOf(position))} at byte ${position % files.fileBytes}: ${broken}`
      return undefined
    }
    this.#tell({
      kind: 'commit log',
      file: files.pathOf(files.startOf(position)),
      offset: position % files.fileBytes,
      problem: `the record there cannot be read: ${broken ?? 'there are only zeros'}`,
    })
    this.#passOver(position, next ?? Infinity)
    return next
  }

  /** Where to go on behind a file that is missing, when it is one that the log had; undefined at the end of the log. */
  #behindMissing(position: number): number | undefined {
    const { files } = this.store.log
    if (position >= this.#flushedTo && this.#scan.findRecord(position) === undefined) return undefined
    const next = this.#scan.behindMissing(position)
    const isOne = next !== undefined && next <= files.startOf(position) + files.fileBytes
    this.#tell({
      kind: 'commit log',
      file: files.pathOf(files.startOf(position)),
      offset: position % files.fileBytes,
      problem: isOne
        ? 'the file is missing'
        : `the file is missing, and so is what followed up to ${next === undefined ? 'the end' : files.pathOf(next)}`,
    })
    this.#passOver(position, next ?? Infinity)
    return next
  }

  #passOver(from: number, to: number): void {
    this.#damages.push({ from, to })
    this.#queues.damaged(from, to)
    this.#index.damaged()
  }

  /** Checksums that are spoilt themselves, and spoilt bytes that are in no record. Returns how much of the log has no checksum. */
  #readSums(end: number): number {
    const { log } = this.store
    let unsummed = 0
    for (const start of log.files.starts) {
      const to = this.#sums.blockStart(Math.min(end, log.nextFileStart(start)))
      const found = this.#note ? this.#sums.inspect(start, to) : { unsummed: to - start, spoilt: [] }
      unsummed += found.unsummed
      for (const { file, offset } of found.spoilt)
        this.#tell({ kind: 'checksums', file, offset, problem: 'the checksum there is not what was written' })
    }
    for (const { from, reason } of this.#sums.spoilt.all()) {
      if (from >= end || this.#damages.some((damage) => damage.from <= from && from < damage.to)) continue
      const start = log.files.startOf(from)
      this.#tell({ kind: 'commit log', file: log.files.pathOf(start), offset: from - start, problem: reason })
    }
    return unsummed
  }

  /** Of whole queues and index files that are missing only the checkpoint tells. */
  #countFiles(): void {
    const note = this.#note
    if (!note) return
    const { consumeQueues, index } = this.store.folder
    const missing = (kind: Finding['kind'], file: string, were: number, are: number): void => {
      if (are < were) this.#tell({ kind, file, offset: 0, problem: `${were} were there, ${are} are left` })
    }
    missing('consume queue', consumeQueues, note.queueCount, this.#queues.count)
    missing('index', index, note.indexFiles, this.#index.count)
  }

  #readCheckpoint(): void {
    const { disk, folder } = this.store
    const bytes = readStart(disk, folder.checkpoint, checkpointBytes)
    const offset = bytes && checkpointSpoiltAt(bytes)
    if (offset !== undefined)
      this.#tell({ kind: 'checkpoint', file: folder.checkpoint, offset, problem: 'one bit is not what was written' })
  }

  #readDocuments(): void {
    const { disk, folder, clean } = this.store
    const sums = new DocumentSums(disk, folder.configChecksums)
    for (const name of disk.list(folder.config)) {
      const file = `${folder.config}/${name}`
      const bytes = /\.json(\.bak)?$/.test(name) ? disk.readWhole(file) : undefined
      if (!bytes || bytes.length === 0) continue
      const flipped = clean ? sums.flippedIn(name, bytes) : undefined
      if (flipped)
        this.#tell({
          kind: 'config',
          file,
          offset: flipped.byte,
          problem: `bit ${flipped.bit} there is not as it was written: it was flipped, or changed by hand`,
        })
      else this.#parseDocument(file, bytes)
    }
    for (const name of disk.list(folder.configChecksums).filter((each) => sums.isSpoilt(each))) {
      const problem = 'the checksum there is not what was written'
      this.#tell({ kind: 'checksums', file: sums.pathOf(name), offset: 0, problem })
    }
  }

  #parseDocument(file: string, bytes: Uint8Array): void {
    try {
      parseFastjson(bytes)
    } catch (error) {
      this.#tell({ kind: 'config', file, offset: 0, problem: `it cannot be read: ${(error as Error).message}` })
    }
  }
}

function checkpointOf({ disk, folder }: ToolStore): Checkpoint {
  const checkpoint = new Checkpoint(disk, folder.checkpoint)
  checkpoint.load()
  return checkpoint
}
