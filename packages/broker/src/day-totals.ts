import type { Clock, Timer } from '@mq/io'
import type { BrokerStats } from './stats.js'

/** Notes the message totals at each midnight, local time (`BrokerStats.record`, 4.7.1). */
export class MidnightTotals {
  /** For the counters that begin each day. */
  readonly totals = { putYesterday: 0, putToday: 0, getYesterday: 0, getToday: 0 }
  #timer: Timer

  constructor(
    private readonly clock: Clock,
    private readonly stats: BrokerStats,
  ) {
    this.#timer = this.#wait()
  }

  close(): void {
    this.#timer.cancel()
  }

  #wait(): Timer {
    const now = this.clock.now()
    const date = new Date(now)
    const midnight = new Date(date.getFullYear(), date.getMonth(), date.getDate() + 1).getTime()
    return this.clock.after(midnight - now, () => {
      // A clock that was set back meanwhile: the day is not over.
      if (this.clock.now() >= midnight) this.#note()
      this.#timer = this.#wait()
    })
  }

  #note(): void {
    this.totals.putYesterday = this.totals.putToday
    this.totals.getYesterday = this.totals.getToday
    this.totals.putToday = this.stats.putMessages
    this.totals.getToday = this.stats.getMessages
  }
}
