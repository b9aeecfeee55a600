import type { Logger } from '@mq/io'
import { asBuffer, recordField, type RecordLayout, recordQueueOffset } from '@mq/protocol'
import type { CommitLog } from './commit-log.js'
import type { ConsumeQueue } from './consume-queue.js'
import { checkRecord } from './record-check.js'

/** Damages that are told of; more are passed over in silence. */
const toldMax = 1000

/** Looks at what came from the disk: what is not what was written must not reach a reader. */
export class RecordGuard {
  #told = 0
  readonly #toldRecords = new Set<number>()
  readonly #toldEntries = new WeakMap<ConsumeQueue, Set<number>>()

  constructor(
    private readonly log: CommitLog,
    private readonly logger: Logger,
  ) {}

  /** Is it the whole, intact record of that position? */
  passes(record: Uint8Array, position: number): boolean {
    const checked = this.#check(asBuffer(record), position)
    if (typeof checked !== 'string') return true
    if (this.#isNew(this.#toldRecords, position))
      this.logger.error(
        { position },
        `the record at ${position} of the commit log is damaged (${checked}): readers pass over it`,
      )
    return false
  }

  /** Is it also the message that an entry of a queue should lead to? */
  passesFor(queue: ConsumeQueue, queueOffset: number, record: Uint8Array, position: number): boolean {
    const bytes = asBuffer(record)
    const checked = this.#check(bytes, position)
    if (typeof checked === 'string') {
      if (this.log.spoiltIn(position, record.length) !== undefined) return this.passes(record, position)
      if (this.#isNewEntry(queue, queueOffset))
        this.logger.error(
          { position },
          `the record at ${position} of the commit log is damaged (${checked}), or the entry that leads to it, ` +
            `${queue.placeOf(queueOffset)}: readers pass over it`,
        )
      return false
    }
    if (isMessageOf(queue, queueOffset, bytes, checked)) return true
    this.#tellEntry(queue, queueOffset, position, () => `the message there is ${nameOf(bytes, checked)}`)
    return false
  }

  /** Tells of an entry that leads to where no record of that size can be. */
  leadsNowhere(queue: ConsumeQueue, queueOffset: number, position: number, size: number): 'damaged' {
    this.#tellEntry(queue, queueOffset, position, () => `there is no place for a record of ${size} bytes`)
    return 'damaged'
  }

  /** Where its parts lie, or what is wrong. */
  #check(record: Buffer, position: number): RecordLayout | string {
    const spoilt = this.log.spoiltIn(position, record.length)
    if (spoilt !== undefined) return spoilt
    const checked = checkRecord(record, 0, position, Infinity, true)
    if (checked.kind === 'broken') return checked.reason
    return checked.kind === 'record' && checked.size === record.length ? checked.layout : 'its size is another'
  }

  #tellEntry(queue: ConsumeQueue, queueOffset: number, position: number, problem: () => string): void {
    if (!this.#isNewEntry(queue, queueOffset)) return
    this.logger.error(
      { position },
      `${queue.placeOf(queueOffset)} is damaged: the entry of offset ${queueOffset} leads to ${position} of the commit log, and ${problem()}. ` +
        'Readers pass over its message until the consume queues are made anew (mq store repair)',
    )
  }

  /** Every pull comes by: no sentence is made for what was told before. */
  #isNewEntry(queue: ConsumeQueue, queueOffset: number): boolean {
    const told = this.#toldEntries.get(queue) ?? new Set<number>()
    this.#toldEntries.set(queue, told)
    return this.#isNew(told, queueOffset)
  }

  #isNew(told: Set<number>, place: number): boolean {
    if (this.#told >= toldMax || told.has(place)) return false
    told.add(place)
    this.#told++
    return true
  }
}

function isMessageOf(queue: ConsumeQueue, queueOffset: number, record: Buffer, layout: RecordLayout): boolean {
  const isPlace = recordQueueOffset(record) === queueOffset && record.readInt32BE(recordField.queueId) === queue.queueId
  return isPlace && hasTopic(record, layout, queue.topic)
}

/** Names of topics are ASCII: compared without a string for each message. */
function hasTopic(record: Buffer, { topicAt, topicSize }: RecordLayout, topic: string): boolean {
  if (topicSize !== topic.length) return false
  for (let i = 0; i < topicSize; i++) if (record[topicAt + i] !== topic.charCodeAt(i)) return false
  return true
}

function nameOf(record: Buffer, { topicAt, topicSize }: RecordLayout): string {
  const topic = record.toString('utf8', topicAt, topicAt + topicSize)
  return `that of offset ${recordQueueOffset(record)} of ${topic} queue ${record.readInt32BE(recordField.queueId)}`
}
