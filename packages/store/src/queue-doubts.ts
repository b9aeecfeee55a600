import type { Checkpoint } from './checkpoint.js'
import type { CommitLog } from './commit-log.js'
import type { ConsumeQueues } from './consume-queues.js'
import type { DamageList } from './damage-list.js'
import { type EndOfQueues, endOfQueues } from './end-of-queues.js'

export interface QueueDoubtsOptions {
  log: CommitLog
  queues: ConsumeQueues
  checkpoint: Checkpoint
  /** The last process stopped in order. */
  clean: boolean
  damages: DamageList
}

/** Are the consume queues in the folder those of the log? */
export class QueueDoubts {
  #atStart: EndOfQueues | undefined

  constructor(private readonly options: QueueDoubtsOptions) {}

  /** A reason not to believe the consume queues that are there; undefined when there is none. */
  aboutQueues(): string | undefined {
    const { queues, checkpoint, clean } = this.options
    const { note } = checkpoint
    if (note && note.queueCount > countOf(queues)) return `${note.queueCount} were there, ${countOf(queues)} are left`
    if (note && clean && note.logEnd >= 0 && note.sumOfMaxOffsets > sumOfMaxOffsets(queues))
      return 'entries are missing'
    if (!clean) return undefined
    if (checkpoint.hasForgottenQueues) return 'an earlier start was broken off'
    return this.aboutEnds(this.atStart)
  }

  /** The same of the last entry of each, as it is now. */
  aboutEnds({ wrong } = this.#lookAtEnd()): string | undefined {
    return wrong && `the last entry of ${wrong.topic} queue ${wrong.queueId} leads to another record`
  }

  /** What the last entries led to when the start began: looked at once, for there may be very many. */
  get atStart(): EndOfQueues {
    return (this.#atStart ??= this.#lookAtEnd())
  }

  #lookAtEnd(): EndOfQueues {
    const { log, queues, damages } = this.options
    return endOfQueues(log, queues, damages)
  }
}

const countOf = (queues: ConsumeQueues): number => [...queues.all()].filter((queue) => queue.maxOffset > 0).length

function sumOfMaxOffsets(queues: ConsumeQueues): number {
  let sum = 0
  for (const queue of queues.all()) sum += queue.maxOffset
  return sum
}

/** What the checkpoint keeps of the queues. */
export const queueNoteOf = (queues: ConsumeQueues, logEnd: number) => ({
  queueCount: countOf(queues),
  logEnd,
  sumOfMaxOffsets: sumOfMaxOffsets(queues),
})
