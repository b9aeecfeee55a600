import { FileSequence } from '../file-sequence.js'
import type { Finding } from './finding.js'
import { fileSizeIn, type ToolStore } from './tool-store.js'

/*
 * Unit of an extended consume queue (`ConsumeQueueExt.CqExtUnit`, 4.7.1): size:i16 | tagsCode:i64 | msgStoreTime:i64 | bitMapSize:i16 | bitmap.
 * An entry of the consume queue has the unit's position in place of the tags, moved into the lowest negative numbers.
 */
const headBytes = 20
const addressBase = -(2n ** 63n)

/** Checks the units that extended consume queues lead to. The bitmaps of filters cannot be told from the log. */
export class ExtendedUnits {
  readonly #queues = new Map<string, FileSequence | undefined>()

  constructor(
    private readonly store: ToolStore,
    private readonly tell: (finding: Finding) => void,
  ) {}

  /** The unit at an address that a queue's entry has in place of its tags. */
  check(topic: string, queueId: number, address: bigint, tagsCode: number, storeTimestamp: number): void {
    const files = this.#filesOf(topic, queueId)
    const position = Number(address - addressBase)
    const unit = Buffer.alloc(headBytes)
    if (!files || files.readNow(unit, position) < headBytes) return
    const wanted = [
      [0, unit.readInt16BE(0) === headBytes + unit.readInt16BE(18), 'its size'],
      [2, unit.readBigInt64BE(2) === BigInt(tagsCode), 'its tags'],
      [10, unit.readBigInt64BE(10) === BigInt(storeTimestamp), 'its store time'],
    ] as const
    for (const [at, isRight, what] of wanted) {
      if (isRight) continue
      const start = files.startOf(position)
      const problem = `${what} is not that of the message of ${topic} queue ${queueId} that leads there`
      return this.tell({ kind: 'extended queue', file: files.pathOf(start), offset: position - start + at, problem })
    }
  }

  #filesOf(topic: string, queueId: number): FileSequence | undefined {
    const key = `${topic}/${queueId}`
    if (!this.#queues.has(key)) this.#queues.set(key, this.#load(`${this.store.folder.extendedQueues}/${key}`))
    return this.#queues.get(key)
  }

  #load(directory: string): FileSequence | undefined {
    const { disk, openFiles } = this.store
    const fileBytes = fileSizeIn(disk, directory)
    if (fileBytes === undefined) return undefined
    const files = new FileSequence(disk, openFiles, directory, fileBytes)
    try {
      files.load(false, 'mappedFileSizeConsumeQueueExt')
      return files
    } catch (error) {
      this.tell({ kind: 'extended queue', file: directory, offset: 0, problem: (error as Error).message })
      return undefined
    }
  }
}
