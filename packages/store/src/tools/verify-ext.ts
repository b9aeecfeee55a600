import { extUnitBytes, extUnitSize, isExtEnd, readExtUnit, writeExtUnit } from '../ext-unit.js'
import { FileSequence } from '../file-sequence.js'
import { type Finding, isUnwritten } from './finding.js'
import { fileSizeIn, type ToolStore } from './tool-store.js'

interface CheckedExt {
  topic: string
  queueId: number
  files: FileSequence
  /** Behind the unit seen last; undefined before the first. */
  end: number | undefined
}

interface WantedUnit {
  tagsCode: number
  storeTimestamp: number
}

/** Checks the extension files of consume queues. What bit maps of filters hold cannot be told from the log. */
export class ExtVerifier {
  readonly #queues = new Map<string, CheckedExt | undefined>()

  constructor(
    private readonly store: ToolStore,
    private readonly tell: (finding: Finding) => void,
  ) {}

  /** The unit that the next entry of a queue leads to, against what the log says of the message. */
  check({ topic, queueId }: { topic: string; queueId: number }, position: number, wanted: WantedUnit): void {
    const ext = this.#extOf(topic, queueId)
    if (!ext) return
    const found = Buffer.alloc(extUnitBytes)
    const got = ext.files.readNow(found, position)
    if (!this.store.clean && isUnwritten(found, unitOf(wanted))) return
    if (got < extUnitBytes) return this.#tellUnit(ext, position, 'is not there')
    const unit = readExtUnit(found, 0)
    if (!unit) this.#tellUnit(ext, position, 'has sizes that do not fit each other')
    else if (unit.tagsCode !== wanted.tagsCode) this.#tellUnit(ext, position + 2, 'has other tags than its message')
    else if (unit.storeTimestamp !== wanted.storeTimestamp)
      this.#tellUnit(ext, position + 10, 'has another store time than its message')
    this.#checkEnd(ext, position)
    ext.end = position + (unit?.size ?? extUnitBytes)
  }

  /** A file that units follow behind has a mark at its end, or a unit that no entry leads to. */
  #checkEnd(ext: CheckedExt, position: number): void {
    const { files, end } = ext
    if (end === undefined || files.startOf(end) === files.startOf(position)) return
    const size = Buffer.alloc(2)
    files.readNow(size, end)
    if (!isExtEnd(size, 0) && extUnitSize(size, 0) < extUnitBytes)
      this.#tellUnit(ext, end, 'is none, and no mark of the end of the file either')
  }

  #tellUnit({ topic, queueId, files }: CheckedExt, position: number, problem: string): void {
    const start = files.startOf(position)
    this.tell({
      kind: 'extension file',
      file: files.pathOf(start),
      offset: position - start,
      problem: `the unit there, of ${topic} queue ${queueId}, ${problem}`,
    })
  }

  #extOf(topic: string, queueId: number): CheckedExt | undefined {
    const key = `${topic}/${queueId}`
    if (!this.#queues.has(key)) this.#queues.set(key, this.#load(topic, queueId))
    return this.#queues.get(key)
  }

  #load(topic: string, queueId: number): CheckedExt | undefined {
    const { disk, openFiles, folder, clean } = this.store
    const directory = `${folder.consumeQueueExt}/${topic}/${queueId}`
    const fileBytes = fileSizeIn(disk, directory)
    if (fileBytes === undefined) {
      const problem = `entries of ${topic} queue ${queueId} lead to extension files, of which there are none`
      if (clean) this.tell({ kind: 'extension file', file: directory, offset: 0, problem })
      return undefined
    }
    const files = new FileSequence(disk, openFiles, directory, fileBytes)
    try {
      files.load(!clean, 'mappedFileSizeConsumeQueueExt', true)
      return { topic, queueId, files, end: undefined }
    } catch (error) {
      this.tell({ kind: 'extension file', file: directory, offset: 0, problem: (error as Error).message })
      return undefined
    }
  }
}

function unitOf({ tagsCode, storeTimestamp }: WantedUnit): Buffer {
  const unit = Buffer.alloc(extUnitBytes)
  writeExtUnit(unit, 0, tagsCode, storeTimestamp)
  return unit
}
