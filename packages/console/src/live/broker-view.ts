import type { Acknowledgement, BrokerView } from '../api-types.js'
import type { BrokerPlace } from '../cluster-source.js'

export type RuntimeInfo = Readonly<Record<string, string>>

/** A row of the broker table. Keys are missing on slaves, in old and in new versions: each may be. */
export function brokerView(
  place: BrokerPlace,
  info: RuntimeInfo | undefined,
  acknowledgement: Acknowledgement | null,
): BrokerView {
  const { cluster, brokerName, brokerId, address } = place
  return {
    ...{ cluster, brokerName, brokerId, address },
    role: brokerId === 0 ? 'master' : 'slave',
    version: info?.brokerVersionDesc ?? null,
    startedMs: numberIn(info, 'bootTimestamp'),
    inRate: numberIn(info, 'putTps'),
    outRate: numberIn(info, 'getTransferedTps') ?? numberIn(info, 'getTransferredTps'),
    inToday: difference(info, 'msgPutTotalTodayNow', 'msgPutTotalTodayMorning'),
    outToday: difference(info, 'msgGetTotalTodayNow', 'msgGetTotalTodayMorning'),
    inYesterday: difference(info, 'msgPutTotalTodayMorning', 'msgPutTotalYesterdayMorning'),
    outYesterday: difference(info, 'msgGetTotalTodayMorning', 'msgGetTotalYesterdayMorning'),
    diskBytes: difference(info, 'commitLogMaxOffset', 'commitLogMinOffset'),
    diskRatio: ratio(numberIn(info, 'commitLogDiskRatio')),
    earliestMessageMs: time(numberIn(info, 'earliestMessageTimeStamp')),
    acknowledgement,
  }
}

/** The first number of a value: rates come as `10s 60s 600s`. Null when there is none. */
export function numberIn(info: RuntimeInfo | undefined, key: string): number | null {
  const text = info?.[key]
  const first = text === undefined ? NaN : Number.parseFloat(text)
  return Number.isFinite(first) ? first : null
}

function difference(info: RuntimeInfo | undefined, later: string, earlier: string): number | null {
  const to = numberIn(info, later)
  const from = numberIn(info, earlier)
  return to === null || from === null ? null : Math.max(0, to - from)
}

/** Brokers answer -1 or the largest long for "none". */
const time = (ms: number | null): number | null => (ms !== null && ms > 0 && ms < Number.MAX_SAFE_INTEGER ? ms : null)

const ratio = (value: number | null): number | null => (value !== null && value >= 0 && value <= 1 ? value : null)
