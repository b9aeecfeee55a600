import { parseDelayLevels, parseFastjson } from '@mq/protocol'
import { LogScan } from '../log-scan.js'
import type { Finding } from './finding.js'
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
  readonly #scan: LogScan
  readonly #queues: QueueVerifier
  readonly #index: IndexVerifier
  #records = 0
  #tornEnd: string | undefined

  constructor(
    private readonly store: ToolStore,
    private readonly options: VerifyOptions,
  ) {
    this.#index = new IndexVerifier(store, (each) => this.#tell(each))
    this.#scan = new LogScan(store.log, true)
    this.#queues = new QueueVerifier(store, parseDelayLevels(store.config.messageDelayLevel), (each) =>
      this.#tell(each),
    )
  }

  run(): VerifyResult {
    this.#queues.load()
    this.#index.load()
    const end = this.#readLog()
    this.#queues.finish()
    this.#readCheckpoint()
    this.#readDocuments()
    return { records: this.#records, end, tornEnd: this.#tornEnd, findings: this.#findings }
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
        this.#queues.record(record)
        this.#index.record(record)
        if (++this.#records % recordsPerReport === 0) this.options.onProgress?.(record.position - log.min, total)
      },
      (position, broken) => this.#behind(position, broken),
    )
    return end.position
  }

  /** Where to go on behind what is no record; undefined at the end of the log. */
  #behind(position: number, broken: string | undefined): number | undefined {
    const { files } = this.store.log
    if (!files.has(files.startOf(position))) return undefined
    const next = this.#scan.findRecord(position)
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
    this.#queues.damaged(position, next ?? Infinity)
    this.#index.damaged()
    return next
  }

  /** Our own note repeats the times; Apache changes only the first copy, and then to other times altogether. */
  #readCheckpoint(): void {
    const { disk, folder } = this.store
    const bytes = disk.readWhole(folder.checkpoint)
    if (!bytes || bytes.length < 1064) return
    for (let at = 0; at < 16; at++) {
      const flipped = bytes[at]! ^ bytes[1048 + at]!
      const others = bytes.subarray(0, 16).filter((byte, i) => i !== at && byte !== bytes[1048 + i])
      if (flipped === 0 || (flipped & (flipped - 1)) !== 0 || others.length > 0) continue
      this.#tell({
        kind: 'checkpoint',
        file: folder.checkpoint,
        offset: at,
        problem: 'one bit differs from its second copy',
      })
    }
  }

  #readDocuments(): void {
    const { disk, folder } = this.store
    for (const name of disk.list(folder.config)) {
      if (!/\.json(\.bak)?$/.test(name)) continue
      const file = `${folder.config}/${name}`
      const bytes = disk.readWhole(file)
      if (!bytes || bytes.length === 0) continue
      try {
        parseFastjson(bytes)
      } catch (error) {
        this.#tell({ kind: 'config', file, offset: 0, problem: `it cannot be read: ${(error as Error).message}` })
      }
    }
  }
}
