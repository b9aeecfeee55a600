import { Broker } from '@mq/broker'
import type { Io, Timer } from '@mq/io'
import { createFileStore, type MessageStore, type StoreConfig, StoreError } from '@mq/store'
import { placeOf, type Sent } from '../history.js'
import type { Run } from '../run.js'
import { observeNetwork, type Traffic } from './observe-network.js'
import { SimNode } from './sim-node.js'
import { sentenceLogger } from './sentence-logger.js'

export const storeDirectory = '/store'
const port = 10_911

/** Where a place of the commit log is. */
export function fileOf(commitLogOffset: number, fileBytes: number): { path: string; position: number } {
  const position = commitLogOffset % fileBytes
  return { path: `${storeDirectory}/commitlog/${String(commitLogOffset - position).padStart(20, '0')}`, position }
}

const entryBytes = 20

/** Where the consume queue entry of a message is. */
export function entryPlace(sent: Sent, entriesOfFile: number): { path: string; entryAt: number } {
  const { queue, queueOffset } = placeOf(sent)
  const first = queueOffset - (queueOffset % entriesOfFile)
  const name = String(first * entryBytes).padStart(20, '0')
  const path = `${storeDirectory}/consumequeue/${queue.topic}/${queue.queueId}/${name}`
  return { path, entryAt: (queueOffset - first) * entryBytes }
}

/** A broker over a file store, looked after by an operator who starts it again when its disk has failed it. */
export class BrokerNode extends SimNode {
  store: MessageStore | undefined
  broker: Broker | undefined
  /** What went over its connections in its present life. */
  traffic: Traffic | undefined
  #watch: Timer | undefined

  constructor(
    run: Run,
    name: string,
    private readonly namesrv: string,
  ) {
    super(run, name)
  }

  get address(): string {
    return `${this.host.address}:${port}`
  }

  protected async boot(io: Io): Promise<void> {
    const { plan, plant } = this.run
    const observed = observeNetwork(io, (problem) => this.run.violate('answered-once', `${this.name}: ${problem}`))
    this.traffic = observed.traffic
    const seen = plant.brokerIo?.(observed.io) ?? observed.io
    this.store = this.#createStore(seen)
    this.broker = new Broker({
      io: seen,
      store: this.store,
      logger: sentenceLogger(this.run, this.name),
      config: {
        brokerName: this.name,
        bindAddress: '0.0.0.0',
        listenPort: port,
        namesrvAddr: this.namesrv,
        flushConsumerOffsetInterval: plan.offsetFlushMs,
        defaultTopicQueueNums: plan.queues,
        transactionTimeOut: plan.transactionTimeOut,
        transactionCheckInterval: plan.transactionCheckInterval,
        transactionCheckMax: plan.transactionCheckMax,
      },
    })
    await this.broker.start()
    this.#watch = this.run.io.clock.every(1000, () => this.#watchDisk())
  }

  get storeConfig(): Partial<StoreConfig> {
    const { plan, plant } = this.run
    const config = {
      flushDiskType: plan.flushDiskType,
      mappedFileSizeCommitLog: plan.logFileBytes,
      mappedFileSizeConsumeQueue: plan.queueFileEntries * 20,
      flushConsumeQueueThoroughInterval: plan.checkpointMs,
      maxMessageSize: 4096,
      maxHashSlotNum: 64,
      maxIndexNum: 256,
    }
    return { ...config, ...plant.storeConfig }
  }

  #createStore(io: Io): MessageStore {
    const { plant } = this.run
    const store = createFileStore({
      io,
      directory: storeDirectory,
      storeHost: { host: this.host.address, port },
      logger: sentenceLogger(this.run, this.name),
      tailBytes: 64 << 10,
      pageBytes: 256 << 10,
      config: this.storeConfig,
    })
    return plant.store?.(store, io) ?? store
  }

  /** The store says that only a restart helps: somebody restarts it. */
  #watchDisk(): void {
    if (this.up && !this.stopping && !this.host.paused && this.store!.refusal?.includes('restart to recover'))
      this.kill('given up', `: ${this.store!.refusal}`)
  }

  override kill(...args: Parameters<SimNode['kill']>): void {
    this.#watch?.cancel()
    super.kill(...args)
  }

  protected override startFailed(error: unknown): boolean {
    if (!(error instanceof StoreError) || !['CORRUPT', 'FORMAT'].includes(error.code)) return true
    this.run.violate('starts', `${this.name} does not start: ${error.message}`)
    return false
  }

  protected async shutDown(): Promise<void> {
    this.#watch?.cancel()
    await this.broker!.close()
  }
}
