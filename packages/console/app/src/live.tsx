import { createContext, useContext, useEffect, useRef, useState, type ReactNode } from 'react'
import type { ErrorAnswer, LiveView, TopicView } from '../../src/api-types'
import { ApiError, streamUrl } from './api'

/** Points kept for the charts: two minutes at one every two seconds. */
export const pointsMax = 60

/** Null: not known at that time. */
export interface RateHistory {
  timesMs: number[]
  inRates: (number | null)[]
  outRates: (number | null)[]
}

export interface Live {
  view: LiveView | undefined
  topics: ReadonlyMap<string, TopicView>
  connected: boolean
  /** Why there are no new figures. */
  problem: ApiError | undefined
  /** Of a topic, or of the whole cluster under the empty name. */
  history(name: string): RateHistory
}

const nothing: RateHistory = { timesMs: [], inRates: [], outRates: [] }
const LiveContext = createContext<Live>({
  view: undefined,
  topics: new Map(),
  connected: false,
  problem: undefined,
  history: () => nothing,
})

export const useLive = (): Live => useContext(LiveContext)

/** Keeps one stream open for all pages. The browser makes it again when it is lost. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const [view, setView] = useState<LiveView>()
  const [connected, setConnected] = useState(false)
  const [problem, setProblem] = useState<ApiError>()
  const topics = useRef(new Map<string, TopicView>())
  const histories = useRef(new Map<string, RateHistory>())
  useEffect(() => {
    const stream = new EventSource(streamUrl())
    stream.onopen = () => setConnected(true)
    stream.onerror = () => {
      setConnected(false)
      setProblem(
        new ApiError('The console does not answer.', 'Is it still running? This page goes on when it is back.'),
      )
    }
    stream.addEventListener('problem', (event) => {
      const { message, next } = (JSON.parse(event.data) as ErrorAnswer).error
      setProblem(new ApiError(message, next))
    })
    stream.addEventListener('live', (event) => {
      const live = JSON.parse(event.data) as LiveView
      merge(topics.current, live)
      remember(histories.current, live, topics.current)
      setProblem(undefined)
      setView(live)
    })
    return () => stream.close()
  }, [])
  const history = (name: string) => histories.current.get(name) ?? nothing
  return (
    <LiveContext.Provider value={{ view, topics: topics.current, connected, problem, history }}>
      {children}
    </LiveContext.Provider>
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
  for (const { name, inRate, outRate } of topics.values()) push(histories, name, timeMs, inRate, outRate)
  for (const name of histories.keys()) if (name !== '' && !topics.has(name)) histories.delete(name)
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
    inRates: [...before.inRates, inRate].slice(-pointsMax),
    outRates: [...before.outRates, outRate].slice(-pointsMax),
  })
}
