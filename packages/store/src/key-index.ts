import type { Clock } from '@mq/io'
import { recordSysFlag, TransactionType, transactionType } from '@mq/protocol'
import { type IndexEntry, IndexFile, type IndexSetting } from './index-file.js'
import { type ScannedRecord, scannedStoreTimestamp } from './log-scan.js'
import { keyHash, keyHashes } from './message-keys.js'

/** Where records with a key lie in the commit log, and how far the index has come. */
export interface FoundKeys {
  positions: number[]
  lastTimestamp: number
  lastPosition: number
}

/** The index of message keys: files one behind the other, of which the last is being filled (`IndexService`, 4.7.1). */
export class KeyIndex {
  readonly #files: IndexFile[] = []
  readonly #hashes: number[] = []
  /** Full, but their slots are not synced yet. */
  #finished: IndexFile[] = []
  #namesUnsynced = false
  /** A record of which not all keys could be put: a failed write is tried again with those left. */
  #begun: { position: number; keysPut: number } | undefined
  /** Store time of the last record in files that are full and synced. */
  safeTimestamp = 0

  constructor(
    private readonly setting: IndexSetting,
    private readonly directory: string,
    private readonly clock: Clock,
  ) {}

  load(repair: boolean): void {
    for (const name of this.setting.disk.list(this.directory)) {
      if (/^\d{17}$/.test(name)) this.#files.push(IndexFile.load(`${this.directory}/${name}`, this.setting, repair))
    }
    this.#namesUnsynced = repair && this.#files.length > 0
  }

  get fileCount(): number {
    return this.#files.length
  }

  /** Records before this position are in the index, with all their keys. */
  get indexedTo(): number {
    const last = this.#files.at(-1)
    return last && (last.endPhyOffset > 0 || !last.isEmpty) ? last.endPhyOffset + 1 : 0
  }

  /** Drops what the index has of records from `position` on: they are going to be put again. */
  cut(position: number): void {
    this.#begun = undefined
    while (this.#files.length > 0) {
      const file = this.#files.at(-1)!
      const before = this.#files.at(-2)
      if (!file.isEmpty && file.endPhyOffset < position) return
      file.cut(position, before)
      if (!file.isEmpty || !before) return
      this.#remove(this.#files.length - 1)
    }
  }

  /** Puts the keys of a record; those it has already are passed over. Throws `IoError`, and may then be called again. */
  put(record: ScannedRecord): void {
    const begun = this.#begun?.position === record.position ? this.#begun : { position: record.position, keysPut: 0 }
    if (begun.keysPut === 0 && record.position < this.indexedTo) return
    if (transactionType(recordSysFlag(record.bytes, record.at)) === TransactionType.ROLLBACK) return
    keyHashes(record, this.#hashes)
    if (this.#hashes.length === 0) return
    const storeTimestamp = scannedStoreTimestamp(record)
    this.#begun = begun
    while (begun.keysPut < this.#hashes.length) {
      this.#current().put(this.#hashes[begun.keysPut]!, record.position, storeTimestamp)
      begun.keysPut++
    }
    this.#begun = undefined
  }

  #current(): IndexFile {
    const last = this.#files.at(-1)
    if (last && !last.isFull) return last
    if (last) {
      last.finish()
      this.#finished.push(last)
    } else this.setting.disk.makeDirectory(this.directory)
    const made = IndexFile.create(`${this.directory}/${this.#newName(last)}`, this.setting, last)
    this.#files.push(made)
    this.#namesUnsynced = true
    return made
  }

  /** The present time in local digits, as Apache names them; later than the name before in any case. */
  #newName(before: IndexFile | undefined): string {
    const name = localDigits(new Date(this.clock.now()))
    const last = before?.path.slice(-17)
    return last === undefined || name > last ? name : String(BigInt(last) + 1n).padStart(17, '0')
  }

  /** Writes what is in memory, so that after a stop without notice little is to be read again. */
  flush(): void {
    this.#files.at(-1)?.flush()
  }

  /** Makes what was flushed before the call last. Rejects with `IoError`; then never call it again. */
  async sync(): Promise<void> {
    const last = this.#files.at(-1)
    if (this.#namesUnsynced) this.setting.disk.syncDirectory(this.directory)
    this.#namesUnsynced = false
    const finished = this.#finished
    this.#finished = []
    for (const file of finished) await file.sync()
    await last?.sync()
    this.safeTimestamp = finished.at(-1)?.endTimestamp ?? this.safeTimestamp
  }

  /** Completes the last file, for whoever opens the folder next. */
  finish(): void {
    this.#files.at(-1)?.finish()
  }

  /** How many files lead only to records before `logMin`; the last is none of them. */
  countBefore(logMin: number): number {
    return this.#files.slice(0, -1).filter((file) => file.endPhyOffset < logMin).length
  }

  /** Removes the files that `countBefore` counts. */
  removeBefore(logMin: number): void {
    for (let left = this.countBefore(logMin); left > 0; left--) this.#remove(0)
  }

  #remove(index: number): void {
    const [file] = this.#files.splice(index, 1)
    this.#finished = this.#finished.filter((each) => each !== file)
    this.setting.openFiles.close(file!.path)
    this.setting.disk.remove(file!.path)
    this.#namesUnsynced = true
  }

  /** Positions of records that may have the key: other keys can have its hash. Newest files first (`IndexService.queryOffset`). */
  async find(topic: string, key: string, max: number, beginMs: number, endMs: number): Promise<FoundKeys> {
    const hash = keyHash(topic, key)
    const positions: number[] = []
    const newestFirst = [...this.#files].reverse()
    for (const file of newestFirst) {
      if (file.beginTimestamp <= endMs && file.endTimestamp >= beginMs) {
        await this.#findIn(file, hash, (entry) => {
          const isInTime = entry.storedAt >= beginMs && entry.storedAt <= endMs
          if (entry.hash === hash && isInTime) positions.push(entry.position)
          return positions.length < max && entry.storedAt >= beginMs
        })
      }
      if (positions.length >= max || file.beginTimestamp < beginMs) break
    }
    const last = this.#files.at(-1)
    return { positions, lastTimestamp: last?.endTimestamp ?? 0, lastPosition: last?.endPhyOffset ?? 0 }
  }

  /** A file that is removed meanwhile leads to no record that is still there. */
  async #findIn(file: IndexFile, hash: number, take: (entry: IndexEntry) => boolean): Promise<void> {
    try {
      await file.find(hash, take)
    } catch (error) {
      if (this.#files.includes(file)) throw error
    }
  }
}

function localDigits(time: Date): string {
  const two = (value: number) => String(value).padStart(2, '0')
  const day = `${time.getFullYear()}${two(time.getMonth() + 1)}${two(time.getDate())}`
  const clock = `${two(time.getHours())}${two(time.getMinutes())}${two(time.getSeconds())}`
  return day + clock + String(time.getMilliseconds()).padStart(3, '0')
}
