import { type Clock, type Io, IoError } from '@mq/io'
import { type MessageRecord, recordsIn } from '@mq/protocol'
import type {
  AcknowledgedStatus,
  EngineOptions,
  GetRequest,
  GetResult,
  MessageStore,
  MessageToStore,
  Placed,
  StoreEngine,
} from '../message-store.js'
import type { ConformanceWorld } from './world.js'

/** What an engine did wrong, as a sentence. */
export class ConformanceError extends Error {
  override readonly name = 'ConformanceError'
}

/** Fails a check with a sentence about the engine. */
export function must(holds: boolean, sentence: string): asserts holds {
  if (!holds) throw new ConformanceError(sentence)
}

export function mustEqual(found: unknown, wanted: unknown, what: string): void {
  const [is, should] = [JSON.stringify(found), JSON.stringify(wanted)]
  must(is === should, `${what}: should be ${should}, is ${is}`)
}

export const topic = 'Conformance'

export function message(body: string | Uint8Array, more: Partial<MessageToStore> = {}): MessageToStore {
  return {
    topic,
    queueId: 0,
    flag: 0,
    sysFlag: 0,
    bornTimestamp: 1_700_000_000_000,
    bornHost: { host: '10.1.2.3', port: 4000 },
    reconsumeTimes: 0,
    preparedTransactionOffset: 0,
    body: typeof body === 'string' ? Buffer.from(body) : body,
    properties: '',
    ...more,
  }
}

/** The engine under test in one check: a store that was started, and short ways to use it. */
export class Subject {
  store!: MessageStore
  /** Added to what the clock says. */
  #aheadMs = 0

  constructor(
    private readonly engine: StoreEngine,
    readonly world: ConformanceWorld,
  ) {}

  create(io = this.world.io, config: EngineOptions['config'] = {}): MessageStore {
    const storeHost = { host: '127.0.0.1', port: 10911 }
    const clock = shifted(io.clock, () => this.#aheadMs)
    return this.engine({ io: { ...portsOf(io), clock }, directory: this.world.directory, storeHost, config })
  }

  async open(io = this.world.io, config: EngineOptions['config'] = {}): Promise<void> {
    this.store = this.create(io, config)
    await this.settle(this.store.start(), 'start')
  }

  async reopen(): Promise<void> {
    await this.settle(this.store.close(), 'close')
    await this.open()
  }

  letPass(ms: number): void {
    this.#aheadMs += ms
  }

  now(): number {
    return this.world.io.clock.now() + this.#aheadMs
  }

  async settle<T>(promise: Promise<T>, what: string): Promise<T> {
    try {
      return await this.world.settle(promise)
    } catch (error) {
      if (error instanceof ConformanceError || error instanceof IoError) throw error
      throw new ConformanceError(`${what} failed: ${error instanceof Error ? error.message : String(error)}`)
    }
  }

  append(one: MessageToStore): Placed {
    const placed = this.store.append(one)
    must(placed.ok, `append refused a message that is in order: ${placed.ok ? '' : placed.message}`)
    return placed
  }

  acknowledged(endOffset: number, waitStoreOk = true): Promise<AcknowledgedStatus> {
    const answered = new Promise<AcknowledgedStatus>((done) =>
      this.store.whenAcknowledged(endOffset, waitStoreOk, done),
    )
    return this.settle(answered, `whenAcknowledged(${endOffset})`)
  }

  /** Appends messages in one turn and waits until the last is acknowledged. */
  async put(...messages: MessageToStore[]): Promise<Placed[]> {
    const placed = messages.map((one) => this.append(one))
    mustEqual(await this.acknowledged(placed.at(-1)!.endOffset), 'OK', 'the status of an acknowledgement')
    return placed
  }

  async get(more: Partial<GetRequest> = {}): Promise<GetResult> {
    const request = { topic, queueId: 0, queueOffset: 0, maxMessages: 32, ...more }
    return this.settle(Promise.resolve(this.store.get(request)), 'get')
  }

  /** All records of a queue, by as many gets as it takes. */
  async records(queue: Partial<GetRequest> = {}): Promise<MessageRecord[]> {
    const found: MessageRecord[] = []
    for (let queueOffset = queue.queueOffset ?? 0; ;) {
      const result = await this.get({ ...queue, queueOffset })
      if (result.status !== 'FOUND') return found
      must(
        result.nextOffset > queueOffset,
        `get found messages at ${queueOffset} and does not go on: nextOffset is ${result.nextOffset}`,
      )
      found.push(...recordsOf(result))
      queueOffset = result.nextOffset
    }
  }

  async bodies(queue: Partial<GetRequest> = {}): Promise<string[]> {
    return (await this.records(queue)).map(({ body }) => body.toString())
  }
}

export const recordsOf = ({ pieces }: GetResult): MessageRecord[] => pieces.flatMap((piece) => [...recordsIn(piece)])

const portsOf = ({ network, disk, random, host }: Io) => ({ network, disk, random, host })

const shifted = (clock: Clock, aheadMs: () => number): Clock => ({
  now: () => clock.now() + aheadMs(),
  monotonic: () => clock.monotonic(),
  after: (delayMs, task) => clock.after(delayMs, task),
  every: (periodMs, task, firstDelayMs) => clock.every(periodMs, task, firstDelayMs),
  endOfTurn: (task) => clock.endOfTurn(task),
})
