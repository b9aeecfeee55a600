import { silentLogger, type Clock, type Logger, type Timer } from '@mq/io'
import {
  decodeClusterInfo,
  decodeTopicRouteData,
  requestCommand,
  RequestCode,
  ResponseCode,
  TopicName,
  type ClusterInfo,
  type TopicRouteData,
} from '@mq/protocol'
import type { CallOptions } from '@mq/remoting'
import { ClientError, fromResponse } from '../errors.js'
import type { NameServers } from './name-servers.js'
import { masterId, topicRoute, type TopicRoute } from './topic-route.js'

/** Queues that a topic made by the first send to it gets, at most (`defaultTopicQueueNums` of the Java client). */
export const defaultTopicQueueNums = 4
const refreshPeriodMs = 30_000

interface Entry {
  route: TopicRoute | undefined
  /** True while the route is that of the template topic, for a topic that is still to be made. */
  borrowed: boolean
  /** A consumer waits for the topic: it is asked for again although it is not there. */
  awaited: boolean
  loading: Promise<TopicRoute> | undefined
}

/** Routes of the topics in use, asked again every 30 s and whenever one turned out to be wrong. */
export class Routes {
  readonly #entries = new Map<string, Entry>()
  readonly #listeners = new Set<(route: TopicRoute) => void>()
  readonly #refresh: Timer

  constructor(
    private readonly nameServers: NameServers,
    clock: Clock,
    private readonly logger: Logger = silentLogger,
  ) {
    this.#refresh = clock.every(refreshPeriodMs, () => this.refreshAll())
  }

  /** The route known now, without asking. */
  known(topic: string): TopicRoute | undefined {
    return this.#entries.get(topic)?.route
  }

  topics(): IterableIterator<string> {
    return this.#entries.keys()
  }

  /** The route for sending: that of the template topic while the topic itself does not exist. */
  async forSending(topic: string, options?: CallOptions): Promise<TopicRoute> {
    const route = this.known(topic) ?? (await this.#loadOrForget(topic, options))
    if (route.writeQueues.length === 0) throw noWriteQueue(route)
    return route
  }

  /** The route for consuming. Rejects with `TOPIC_NOT_FOUND` and the other four causes. */
  async forReading(topic: string, options?: CallOptions): Promise<TopicRoute> {
    const entry = this.#entry(topic)
    entry.awaited = true
    if (entry.route && !entry.borrowed) return entry.route
    return this.load(topic, false, options)
  }

  /** Asks the name server, once for all who ask at the same time. */
  load(topic: string, orTemplate: boolean, options?: CallOptions): Promise<TopicRoute> {
    const entry = this.#entry(topic)
    if (options?.signal !== undefined) return this.#load(topic, orTemplate, options)
    entry.loading ??= this.#load(topic, orTemplate, options).finally(() => (entry.loading = undefined))
    return entry.loading
  }

  /** Told of each route that is new or has changed. Returns the way to stop it. */
  onChange(listener: (route: TopicRoute) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  refreshAll(): void {
    for (const topic of this.#entries.keys()) this.refresh(topic)
  }

  /** Asks again; a failure leaves the route that is known. */
  refresh(topic: string): void {
    this.load(topic, this.#entries.get(topic)?.borrowed ?? false).catch((error: Error) =>
      this.logger.warn({ topic, error: error.message }, `the route of ${topic} could not be refreshed`),
    )
  }

  forget(topic: string): void {
    this.#entries.delete(topic)
  }

  close(): void {
    this.#refresh.cancel()
  }

  #entry(topic: string): Entry {
    let entry = this.#entries.get(topic)
    if (entry === undefined) this.#entries.set(topic, (entry = newEntry()))
    return entry
  }

  /** What was sent to once, in vain, is not asked for every 30 s. */
  async #loadOrForget(topic: string, options?: CallOptions): Promise<TopicRoute> {
    try {
      return await this.load(topic, true, options)
    } catch (error) {
      const entry = this.#entries.get(topic)
      if (entry && !entry.route && !entry.awaited) this.#entries.delete(topic)
      throw error
    }
  }

  async #load(topic: string, orTemplate: boolean, options?: CallOptions): Promise<TopicRoute> {
    const own = await this.fetch(topic, options)
    if (own) return this.#keep(topic, topicRoute(topic, own), false)
    const template = orTemplate ? await this.fetch(TopicName.AUTO_CREATE, options) : undefined
    if (template) return this.#keep(topic, topicRoute(topic, template, defaultTopicQueueNums), true)
    throw await this.#whyNot(topic, orTemplate, options)
  }

  #keep(topic: string, route: TopicRoute, borrowed: boolean): TopicRoute {
    const entry = this.#entry(topic)
    const changed = entry.route?.fingerprint !== route.fingerprint || entry.borrowed !== borrowed
    if (changed) entry.route = route
    entry.borrowed = borrowed
    if (changed) for (const listener of [...this.#listeners]) listener(route)
    return entry.route!
  }

  /** Addresses of all masters there are, whatever their topics. */
  async masters(options?: CallOptions): Promise<string[]> {
    const { brokerAddrTable } = await this.#clusterInfo(options)
    return [...brokerAddrTable.values()].flatMap(({ brokerAddrs }) => brokerAddrs.get(masterId) ?? [])
  }

  /** The name server's answer; undefined when it does not know the topic. */
  async fetch(topic: string, options?: CallOptions): Promise<TopicRouteData | undefined> {
    const response = await this.nameServers.call(
      () => requestCommand(RequestCode.GET_ROUTEINFO_BY_TOPIC, { topic }),
      options,
    )
    if (response.code === ResponseCode.TOPIC_NOT_EXIST) return undefined
    if (response.code !== ResponseCode.SUCCESS) throw fromResponse(response, `route of topic ${topic}`, { topic })
    return decodeTopicRouteData(response.body ?? new Uint8Array(0))
  }

  /** `No route info of this topic` has several causes; this finds out which. */
  async #whyNot(topic: string, sending: boolean, options?: CallOptions): Promise<ClientError> {
    const places = this.nameServers.addresses.join(', ')
    if ((await this.#clusterInfo(options)).brokerAddrTable.size === 0) {
      return new ClientError('NO_BROKER', `the name server ${places} runs, but no broker has registered with it`, {
        topic,
      })
    }
    const creation = sending ? ', and no broker makes topics by itself' : ''
    return new ClientError('TOPIC_NOT_FOUND', `the name server ${places} knows no topic '${topic}'${creation}`, {
      topic,
    })
  }

  async #clusterInfo(options?: CallOptions): Promise<ClusterInfo> {
    const response = await this.nameServers.call(() => requestCommand(RequestCode.GET_BROKER_CLUSTER_INFO), options)
    if (response.code !== ResponseCode.SUCCESS) throw fromResponse(response, 'cluster info')
    return decodeClusterInfo(response.body ?? new Uint8Array(0))
  }
}

const newEntry = (): Entry => ({ route: undefined, borrowed: false, awaited: false, loading: undefined })

function noWriteQueue(route: TopicRoute): ClientError {
  const { topic } = route
  const names = [...route.brokers.keys()].join(', ')
  if (![...route.brokers.values()].some((addresses) => addresses.has(0))) {
    return new ClientError('NO_MASTER', `topic '${topic}' is on ${names}, but none of them has a live master`, {
      topic,
    })
  }
  return new ClientError('NO_QUEUE', `topic '${topic}' on ${names} has no queue that may be written to`, { topic })
}
