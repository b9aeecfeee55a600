import { createContext, useContext, useEffect, useRef, useState, type ReactNode } from 'react'
import type { LiveView, TopicView } from '../../src/api-types'

/** Points kept for the small charts: two minutes at one every two seconds. */
const pointsMax = 60

export interface RateHistory {
  timesMs: number[]
  inRates: number[]
  outRates: number[]
}

export interface Live {
  view: LiveView | undefined
  topics: ReadonlyMap<string, TopicView>
  connected: boolean
  /** Of a topic, or of the whole cluster under the empty name. */
  history(name: string): RateHistory
}

const nothing: RateHistory = { timesMs: [], inRates: [], outRates: [] }
const LiveContext = createContext<Live>({
  view: undefined,
  topics: new Map(),
  connected: false,
  history: () => nothing,
})

export const useLive = (): Live => useContext(LiveContext)

/** Keeps one stream open for all pages. The browser makes it again when it is lost. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const [view, setView] = useState<LiveView>()
  const [connected, setConnected] = useState(false)
  const topics = useRef(new Map<string, TopicView>())
  const histories = useRef(new Map<string, RateHistory>())
  useEffect(() => {
    const stream = new EventSource('/api/stream')
    stream.onopen = () => setConnected(true)
    stream.onerror = () => setConnected(false)
    stream.addEventListener('live', (event) => {
      const live = JSON.parse((event as MessageEvent<string>).data) as LiveView
      merge(topics.current, live)
      remember(histories.current, live, topics.current)
      setView(live)
    })
    return () => stream.close()
  }, [])
  const history = (name: string) => histories.current.get(name) ?? nothing
  return (
    <LiveContext.Provider value={{ view, topics: topics.current, connected, history }}>{children}</LiveContext.Provider>
  )
}

function merge(topics: Map<string, TopicView>, live: LiveView): void {
  if (live.whole) topics.clear()
  for (const topic of live.topics) topics.set(topic.name, topic)
  for (const name of live.removed) topics.delete(name)
}

function remember(
  histories: Map<string, RateHistory>,
  { cluster }: LiveView,
  topics: ReadonlyMap<string, TopicView>,
): void {
  const { timeMs, totals } = cluster
  push(histories, '', timeMs, totals.inRate, totals.outRate)
  for (const { name, kind, inRate, outRate } of topics.values()) {
    if (kind !== 'system') push(histories, name, timeMs, inRate, outRate)
  }
}

function push(
  histories: Map<string, RateHistory>,
  name: string,
  timeMs: number,
  inRate: number | null,
  outRate: number | null,
) {
  const before = histories.get(name) ?? nothing
  histories.set(name, {
    timesMs: [...before.timesMs, timeMs].slice(-pointsMax),
    inRates: [...before.inRates, inRate ?? 0].slice(-pointsMax),
    outRates: [...before.outRates, outRate ?? 0].slice(-pointsMax),
  })
}
