import type { Subject } from './subject.js'

/** One promise of `MessageStore`, and the way to see whether it is kept. */
export interface Check {
  /** What must hold. */
  name: string
  /** Throws `ConformanceError` when it does not. The store is open. */
  run(subject: Subject): Promise<void>
  /** Only where a store lasts longer than its process. */
  onlyDurable?: boolean
}
