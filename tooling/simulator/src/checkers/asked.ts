import type { Cluster } from '../cluster/cluster.js'
import type { Run } from '../run.js'

/** A check of a transaction, as a producer was asked. */
export interface Asked {
  readonly id: string
  /** Which check of this half message its broker says it is. */
  readonly times: number
  /** What the producer is told of its topic. */
  readonly topic: string
}

/** A send is tried so often at most; each try may have left a half message. */
const triesMax = 3

/** No half message is checked more often than `transactionCheckMax`. */
export function checkAsked(run: Run, cluster: Cluster, asked: readonly Asked[]): void {
  const { transactionCheckMax } = run.plan
  const counts = new Map<string, number>()
  for (const { id, times } of asked) {
    counts.set(id, (counts.get(id) ?? 0) + 1)
    if (!(times >= 1 && times <= transactionCheckMax))
      run.violate('checks-bounded', `check ${times} of ${id}: there are to be ${transactionCheckMax} at most`)
    if (!run.history.sent.has(id)) run.violate('none-invented', `a producer was asked about ${id}, which nobody sent`)
  }
  // A broker that ended without notice may ask again what it had asked.
  if (cluster.brokers.some(({ lives }) => lives.length > 1)) return
  for (const [id, count] of counts)
    if (count > transactionCheckMax * triesMax)
      run.violate('checks-bounded', `${id} was checked ${count} times, with transactionCheckMax ${transactionCheckMax}`)
}
