import type { Clock, Timer } from '@mq/io'
import type { LiveView, TopicView } from '../api-types.js'
import { errorAnswer } from '../http/error-answer.js'
import type { ClusterLook, ClusterWatch } from './cluster-watch.js'

/** Milliseconds between two looks. */
const periodMs = 2000

/** A browser that watches. `send` answers false when it is behind; what comes meanwhile is left out for it. */
export interface Viewer {
  send(event: string): boolean
}

/**
 * Tells all browsers that watch how the cluster does: each look is taken, compared and written as JSON once, however many
 * watch, and none is taken when nobody does.
 */
export class LiveStream {
  /** True: this one has to be given the whole next. */
  readonly #viewers = new Map<Viewer, boolean>()
  /** The rows as last told. */
  #told = new Map<string, string>()
  #timer: Timer | undefined

  constructor(
    private readonly watch: ClusterWatch,
    private readonly clock: Clock,
  ) {}

  get viewers(): number {
    return this.#viewers.size
  }

  join(viewer: Viewer): void {
    this.#viewers.set(viewer, true)
    this.#timer?.cancel()
    this.#plan(0)
  }

  leave(viewer: Viewer): void {
    this.#viewers.delete(viewer)
    if (this.#viewers.size > 0) return
    this.#timer?.cancel()
    this.#told.clear()
  }

  close(): void {
    this.#timer?.cancel()
    this.#viewers.clear()
  }

  #plan(delayMs: number): void {
    this.#timer = this.clock.after(delayMs, () => void this.#tell())
  }

  async #tell(): Promise<void> {
    const startMs = this.clock.monotonic()
    const timer = this.#timer
    try {
      this.#sendLook(await this.watch.look())
    } catch (error) {
      this.#sendAll(eventText('problem', errorAnswer(error)))
    }
    // A browser that joined meanwhile has planned the next look already.
    if (this.#viewers.size > 0 && this.#timer === timer)
      this.#plan(Math.max(periodMs / 2, periodMs - (this.clock.monotonic() - startMs)))
  }

  #sendLook({ cluster, topics, topicProblems }: ClusterLook): void {
    const rows = new Map(topics.map((topic) => [topic.name, JSON.stringify(topic)]))
    const changed = topics.filter(({ name }) => rows.get(name) !== this.#told.get(name))
    const removed = [...this.#told.keys()].filter((name) => !rows.has(name))
    this.#told = rows
    const live = (whole: boolean, some: TopicView[], gone: string[]): string =>
      eventText('live', { whole, cluster, topics: some, topicProblems, removed: gone } satisfies LiveView)
    let wholeText: string | undefined
    let changeText: string | undefined
    for (const [viewer, needsWhole] of this.#viewers) {
      const text = needsWhole ? (wholeText ??= live(true, topics, [])) : (changeText ??= live(false, changed, removed))
      this.#viewers.set(viewer, !viewer.send(text))
    }
  }

  #sendAll(text: string): void {
    for (const viewer of this.#viewers.keys()) viewer.send(text)
  }
}

const eventText = (name: string, data: object): string => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`
