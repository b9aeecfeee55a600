import type { MessageQueue } from '@mq/protocol'
import type { TopicRoute } from '../client-instance/topic-route.js'
import { ClientError, fromRemotingError } from '../errors.js'
import { FrameSender, type LaneContext } from './frame-sender.js'
import { Gathering } from './gathering.js'
import type { PendingSend } from './pending-send.js'
import { routeInTime } from './route-in-time.js'
import { batchFrame, isAwaited, singleFrame, type SendFrame } from './send-frame.js'

export interface LaneOptions {
  /** Its name among the producer's lanes. */
  readonly key: string
  readonly topic: string
  readonly timeoutMs: number
  /** Set for a lane to one queue, which keeps the order of its messages. */
  readonly queue: MessageQueue | undefined
  /** Called when nothing waits and nothing is under way. */
  readonly onIdle: (lane: SendLane) => void
}

/**
 * The way of messages to one topic, or to one queue of it. With nothing under way a message leaves at the end of the turn
 * in which it was sent; what is sent while frames are under way gathers, and leaves together.
 */
export class SendLane {
  readonly key: string
  readonly #gathering: Gathering
  readonly #sender: FrameSender
  #flushPlanned = false
  #flushAwaitsRoute = false
  /** Batches that wait for the topic's route. */
  readonly #unrouted = new Set<SendFrame>()
  readonly #flush = () => this.#flushNow()

  constructor(
    private readonly context: LaneContext,
    private readonly options: LaneOptions,
  ) {
    this.key = options.key
    this.#gathering = new Gathering(context.settings, (pending) => this.#expire(pending), options.timeoutMs)
    this.#sender = new FrameSender(context, options, () => this.#onRoom())
  }

  add(pending: PendingSend): void {
    this.#gathering.add(pending)
    if (!this.#flushPlanned) this.#planFlush()
  }

  /** Sends these as one batch to one queue, not mixed with others. */
  addBatch(members: readonly PendingSend[]): void {
    const frame = batchFrame(members, this.context.instance.uniqueKeys, this.#deadlineOf(members[0]!), true)
    this.#unrouted.add(frame)
    const send = (route: TopicRoute) => isAwaited(frame) && this.#sender.sendAnywhere(frame, route)
    const fail = (error: ClientError) => members.forEach((member) => member.reject(error))
    const routed = () => this.#unrouted.delete(frame)
    this.#whenRouted(members[0]!, routed, send, fail)
  }

  /** Rejects what is not answered; nothing of it is tried again. */
  rejectAll(error: ClientError): void {
    this.#rejectGathered(error)
    for (const { members } of this.#unrouted) for (const pending of members) pending.reject(error)
    this.#sender.rejectAll(error)
  }

  #rejectGathered(error: ClientError): void {
    for (const pending of this.#gathering.takeAll()) pending.reject(error)
  }

  #planFlush(): void {
    this.#flushPlanned = true
    const { linger } = this.context.settings
    const { clock } = this.context.instance.io
    if (linger > 0) clock.after(linger, this.#flush)
    else clock.endOfTurn(this.#flush)
  }

  #flushNow(): void {
    this.#flushPlanned = false
    if (this.#gathering.isEmpty) return this.#tellIfIdle()
    const route = this.context.instance.routes.known(this.options.topic)
    if (route === undefined || route.writeQueues.length === 0) return this.#flushWhenRouted()
    while (!this.#gathering.isEmpty) {
      const queue = this.#sender.freeQueue(route, this.#gathering.headIsSingle)
      if (queue === undefined) return
      const frame = this.#nextFrame()
      if (frame) this.#sender.send(frame, queue, route)
    }
    this.#tellIfIdle()
  }

  #flushWhenRouted(): void {
    if (this.#flushAwaitsRoute) return
    const head = this.#gathering.head(this.#now())
    if (head === undefined) return this.#tellIfIdle()
    this.#flushAwaitsRoute = true
    const routed = () => (this.#flushAwaitsRoute = false)
    this.#whenRouted(head, routed, this.#flush, (error) => {
      // The time of the oldest is over; the others may have some left.
      if (error.code === 'TIMEOUT') this.#flushNow()
      else this.#rejectGathered(error)
    })
  }

  /** `pending`: whose time it may take. `routed` comes before `run` or `fail`. */
  #whenRouted(
    pending: PendingSend,
    routed: () => void,
    run: (route: TopicRoute) => void,
    fail: (error: ClientError) => void,
  ): void {
    const { topic } = this.options
    const timeoutMs = Math.max(1, this.#deadlineOf(pending) - this.#now())
    routeInTime(this.context.instance, topic, { timeoutMs }).then(
      (route) => {
        routed()
        run(route)
        this.#tellIfIdle()
      },
      (error) => {
        routed()
        fail(fromRemotingError(error, `send to ${topic}`, { topic }))
        this.#tellIfIdle()
      },
    )
  }

  #nextFrame(): SendFrame | undefined {
    const { instance, settings } = this.context
    const members = this.#gathering.take(this.#now())
    if (members === undefined) return undefined
    const deadlineMs = this.#deadlineOf(members[0]!)
    return members.length > 1
      ? batchFrame(members, instance.uniqueKeys, deadlineMs, false)
      : singleFrame(members[0]!, instance.uniqueKeys, settings, deadlineMs)
  }

  #now(): number {
    return this.context.instance.io.clock.monotonic()
  }

  #deadlineOf(pending: PendingSend): number {
    return pending.startedMs + this.options.timeoutMs
  }

  #expire(pending: PendingSend): void {
    const { topic, timeoutMs } = this.options
    const problem = `send to ${topic}: ${timeoutMs} ms were over before it could leave`
    pending.reject(new ClientError('TIMEOUT', problem, { topic, elapsedMs: timeoutMs, attempts: 0 }))
  }

  #onRoom(): void {
    if (this.#flushPlanned) return
    if (this.#gathering.isEmpty) this.#tellIfIdle()
    else this.#planFlush()
  }

  #tellIfIdle(): void {
    const isRouting = this.#flushAwaitsRoute || this.#unrouted.size > 0
    const isBusy = this.#flushPlanned || isRouting || !this.#gathering.isEmpty || !this.#sender.isIdle
    if (!isBusy) this.options.onIdle(this)
  }
}
