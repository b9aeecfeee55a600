import type { Logger } from '@mq/io'
import { asBuffer } from '@mq/protocol'
import { blankBytes, type CommitLog } from './commit-log.js'
import { checkRecord } from './record-check.js'

/** Bad records that are told of; more are passed over in silence. */
const toldMax = 1000

/** Looks at records that came from the disk: what is not what was written must not reach a reader. */
export class RecordGuard {
  readonly #told = new Set<number>()

  constructor(
    private readonly log: CommitLog,
    private readonly logger: Logger,
  ) {}

  /** Is it the whole, intact record of that position? */
  passes(record: Uint8Array, position: number): boolean {
    const checked = checkRecord(asBuffer(record), 0, position, record.length + blankBytes, true)
    const isWhole = checked.kind === 'record' && checked.size === record.length
    const spoilt = this.log.spoiltIn(position, record.length)
    if (isWhole && spoilt === undefined) return true
    this.#tell(position, spoilt ?? (checked.kind === 'broken' ? checked.reason : 'its size is another'))
    return false
  }

  #tell(position: number, reason: string): void {
    if (this.#told.has(position) || this.#told.size >= toldMax) return
    this.#told.add(position)
    this.logger.error(
      { position, reason },
      `the record at ${position} of the commit log is damaged (${reason}): readers pass over it`,
    )
  }
}
