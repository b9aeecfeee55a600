import type { Clock, Timer } from '@mq/io'

/** What is counted per topic, group or both (`BrokerStatsManager`, 4.7.1): names as code 315 asks for them. */
export const statsNames = [
  'TOPIC_PUT_NUMS',
  'TOPIC_PUT_SIZE',
  'GROUP_GET_NUMS',
  'GROUP_GET_SIZE',
  'SNDBCK_PUT_NUMS',
] as const
export type StatsName = (typeof statsNames)[number]

/** Sum, rate and mean over a window (`StatsSnapshot`). */
export interface StatsSnapshot {
  sum: number
  tps: number
  /** Mean of a count: messages per request, bytes per request. */
  avgpt: number
}

interface Sample {
  timeMs: number
  value: number
  times: number
}

/** How often a window is sampled, and how many samples make it. */
const windows = {
  minute: { periodMs: 10_000, samples: 7 },
  hour: { periodMs: 600_000, samples: 7 },
  day: { periodMs: 3_600_000, samples: 25 },
} as const
type Window = keyof typeof windows

/** More items than this are not counted one by one. */
const itemsMax = 20_000

/** One counter: adding is all that happens on the way of a message. */
export class StatsItem {
  value = 0
  times = 0
  readonly samples: Record<Window, Sample[]> = { minute: [], hour: [], day: [] }

  add(value: number): void {
    this.value += value
    this.times++
  }

  sample(window: Window, timeMs: number): void {
    const list = this.samples[window]
    list.push({ timeMs, value: this.value, times: this.times })
    if (list.length > windows[window].samples) list.shift()
  }

  snapshot(window: Window): StatsSnapshot {
    const list = this.samples[window]
    const first = list[0]
    const last = list.at(-1)
    if (first === undefined || last === undefined || first === last) return { sum: 0, tps: 0, avgpt: 0 }
    const sum = last.value - first.value
    const times = last.times - first.times
    return { sum, tps: (sum * 1000) / (last.timeMs - first.timeMs), avgpt: times > 0 ? sum / times : 0 }
  }
}

/** The counters of a topic that each message touches. */
interface TopicCounters {
  numbers: StatsItem
  bytes: StatsItem
}

/** All counters of a broker, sampled by timers. */
export class BrokerStats {
  readonly #tables = new Map<StatsName, Map<string, StatsItem>>(statsNames.map((name) => [name, new Map()]))
  readonly #overflow = new StatsItem()
  readonly #puts = new Map<string, TopicCounters>()
  readonly #gets = new Map<string, Map<string, TopicCounters>>()
  readonly #timers: Timer[]
  #items = 0
  /** Messages taken and given out since the start. */
  putMessages = 0
  getMessages = 0
  /** Pulls that found messages, and that found none. */
  pullsFound = 0
  pullsMissed = 0

  constructor(private readonly clock: Clock) {
    this.#timers = (Object.keys(windows) as Window[]).map((window) =>
      clock.every(windows[window].periodMs, () => this.#sample(window)),
    )
  }

  /** Counts messages taken for a topic. */
  put(topic: string, messages: number, bytes: number): void {
    this.putMessages += messages
    let counters = this.#puts.get(topic)
    if (counters === undefined) {
      counters = { numbers: this.item('TOPIC_PUT_NUMS', topic), bytes: this.item('TOPIC_PUT_SIZE', topic) }
      this.#puts.set(topic, counters)
    }
    counters.numbers.add(messages)
    counters.bytes.add(bytes)
  }

  /** Counts messages given to a group. */
  get(topic: string, group: string, messages: number, bytes: number): void {
    this.getMessages += messages
    this.pullsFound++
    let groups = this.#gets.get(topic)
    if (groups === undefined) this.#gets.set(topic, (groups = new Map()))
    let counters = groups.get(group)
    if (counters === undefined) {
      const key = `${topic}@${group}`
      counters = { numbers: this.item('GROUP_GET_NUMS', key), bytes: this.item('GROUP_GET_SIZE', key) }
      groups.set(group, counters)
    }
    counters.numbers.add(messages)
    counters.bytes.add(bytes)
  }

  /** Counts a message that a group gave back. */
  sentBack(group: string, topic: string): void {
    this.item('SNDBCK_PUT_NUMS', `${topic}@${group}`).add(1)
  }

  /** The counter of a key. */
  item(name: StatsName, key: string): StatsItem {
    const table = this.#tables.get(name)!
    let item = table.get(key)
    if (item !== undefined) return item
    if (this.#items >= itemsMax) return this.#overflow
    this.#items++
    item = new StatsItem()
    for (const window of Object.keys(windows) as Window[]) item.sample(window, this.clock.now())
    table.set(key, item)
    return item
  }

  /** Undefined when nothing was counted under this name. */
  find(name: string, key: string): StatsItem | undefined {
    return this.#tables.get(name as StatsName)?.get(key)
  }

  /** Messages taken and given out, by topic, since the start. */
  topicTotals(): Map<string, { put: number; get: number }> {
    const totals = new Map<string, { put: number; get: number }>()
    for (const [topic, { numbers }] of this.#puts) totals.set(topic, { put: numbers.value, get: 0 })
    for (const [topic, groups] of this.#gets) {
      let get = 0
      for (const { numbers } of groups.values()) get += numbers.value
      totals.set(topic, { put: totals.get(topic)?.put ?? 0, get })
    }
    return totals
  }

  /** What rates are kept of. */
  rateCounters() {
    return {
      put: this.putMessages,
      getFound: this.pullsFound,
      getMiss: this.pullsMissed,
      getTotal: this.pullsFound + this.pullsMissed,
      getTransfered: this.getMessages,
    }
  }

  /** Drops the counters of a topic, also those kept per group. */
  removeTopic(topic: string): void {
    this.#puts.delete(topic)
    this.#gets.delete(topic)
    for (const table of this.#tables.values()) {
      for (const key of [...table.keys()]) {
        if (key !== topic && !key.startsWith(`${topic}@`)) continue
        table.delete(key)
        this.#items--
      }
    }
  }

  close(): void {
    for (const timer of this.#timers) timer.cancel()
  }

  #sample(window: Window): void {
    const nowMs = this.clock.now()
    for (const table of this.#tables.values()) for (const item of table.values()) item.sample(window, nowMs)
  }
}
