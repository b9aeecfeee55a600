import type { Logger } from '@mq/io'
import { asBuffer, recordField, recordLayout, recordQueueOffset } from '@mq/protocol'
import type { CommitLog } from './commit-log.js'
import type { ConsumeQueue } from './consume-queue.js'
import { checkRecord } from './record-check.js'

/** Damages that are told of; more are passed over in silence. */
const toldMax = 1000

/** Looks at what came from the disk: what is not what was written must not reach a reader. */
export class RecordGuard {
  readonly #told = new Set<string>()

  constructor(
    private readonly log: CommitLog,
    private readonly logger: Logger,
  ) {}

  /** Is it the whole, intact record of that position? */
  passes(record: Uint8Array, position: number): boolean {
    const problem = this.#problemOf(asBuffer(record), position)
    if (problem === undefined) return true
    this.#tell(position, `the record at ${position} of the commit log is damaged (${problem}): readers pass over it`)
    return false
  }

  /** Is it also the message that an entry of a queue should lead to? */
  passesFor(queue: ConsumeQueue, queueOffset: number, record: Uint8Array, position: number): boolean {
    if (this.log.spoiltIn(position, record.length) !== undefined) return this.passes(record, position)
    const bytes = asBuffer(record)
    const problem = this.#problemOf(bytes, position)
    if (problem !== undefined) {
      this.#tell(
        position,
        `the record at ${position} of the commit log is damaged (${problem}), or the entry that leads to it, ` +
          `${queue.placeOf(queueOffset)}: readers pass over it`,
      )
      return false
    }
    const other = messageInsteadOf(queue, queueOffset, bytes)
    if (other !== undefined) this.#tellEntry(queue, queueOffset, position, `the message there is ${other}`)
    return other === undefined
  }

  /** Tells of an entry that leads to where no record of that size can be. */
  leadsNowhere(queue: ConsumeQueue, queueOffset: number, position: number, size: number): 'damaged' {
    this.#tellEntry(queue, queueOffset, position, `there is no place for a record of ${size} bytes`)
    return 'damaged'
  }

  #problemOf(record: Buffer, position: number): string | undefined {
    const spoilt = this.log.spoiltIn(position, record.length)
    if (spoilt !== undefined) return spoilt
    const checked = checkRecord(record, 0, position, Infinity, true)
    if (checked.kind === 'broken') return checked.reason
    return checked.kind === 'record' && checked.size === record.length ? undefined : 'its size is another'
  }

  #tellEntry(queue: ConsumeQueue, queueOffset: number, position: number, problem: string): void {
    this.#tell(
      position,
      `${queue.placeOf(queueOffset)} is damaged: the entry of offset ${queueOffset} leads to ${position} of the commit log, and ${problem}. ` +
        'Readers pass over its message until the consume queues are made anew (mq store repair)',
    )
  }

  #tell(position: number, sentence: string): void {
    if (this.#told.has(sentence) || this.#told.size >= toldMax) return
    this.#told.add(sentence)
    this.logger.error({ position }, sentence)
  }
}

/** Whose message it is, when it is not that of the queue and offset. */
function messageInsteadOf({ topic, queueId }: ConsumeQueue, queueOffset: number, record: Buffer): string | undefined {
  const { topicAt, topicSize } = recordLayout(record)
  const itsTopic = record.toString('utf8', topicAt, topicAt + topicSize)
  const itsQueue = record.readInt32BE(recordField.queueId)
  const itsOffset = recordQueueOffset(record)
  if (itsTopic === topic && itsQueue === queueId && itsOffset === queueOffset) return undefined
  return `that of offset ${itsOffset} of ${itsTopic} queue ${itsQueue}`
}
