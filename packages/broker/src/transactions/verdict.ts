import type { MessageRecord } from '@mq/protocol'
import { checkTimesOf, immunityMsOf, isCopy } from './half-message.js'

/** What a check does with a half message that has not ended; `wait` keeps those behind it waiting too. */
export type Verdict = 'ask' | 'wait' | 'put back' | 'give up'

export interface CheckRules {
  /** Age at the first check, ms. */
  transactionTimeOut: number
  /** Checks of one message. */
  transactionCheckMax: number
}

/**
 * `TransactionalMessageServiceImpl.check`, 4.7.1, but for two things. A first check goes by the store time, as the clocks
 * of producers may be wrong; copies have only their born time. And only checks count as checks: in 4.7.1 the time of
 * immunity uses them up.
 */
export function verdictOn(half: MessageRecord, nowMs: number, rules: CheckRules): Verdict {
  const checkTimes = checkTimesOf(half)
  if (checkTimes !== undefined && checkTimes >= rules.transactionCheckMax) return 'give up'
  const immunityMs = immunityMsOf(half)
  const ageMs = nowMs - (isCopy(half) ? half.bornTimestamp : half.storeTimestamp)
  // Before its own time: the clock was set back, and nobody knows how old it is.
  if (ageMs < 0 || ageMs >= (immunityMs ?? rules.transactionTimeOut)) return 'ask'
  return immunityMs === undefined ? 'wait' : 'put back'
}
