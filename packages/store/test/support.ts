import { type Io, IoError } from '@mq/io'
import { simulate, type SimHost, type Simulation, type SimulationOptions } from '@mq/io/sim'
import { createFileStore, type FileStoreOptions } from '../src/file-store.js'
import type { AcknowledgedStatus, GetResult, MessageStore, MessageToStore } from '../src/message-store.js'
import type { StoreConfig } from '../src/store-config.js'

export const host = { host: '127.0.0.1', port: 10911 }

export function message(body: string | Uint8Array, more: Partial<MessageToStore> = {}): MessageToStore {
  return {
    topic: 'TopicTest',
    queueId: 0,
    flag: 0,
    sysFlag: 0,
    bornTimestamp: 1_700_000_000_000,
    bornHost: { host: '10.1.2.3', port: 4000 },
    reconsumeTimes: 0,
    preparedTransactionOffset: 0,
    body: typeof body === 'string' ? Buffer.from(body) : body,
    properties: 'TAGS\u0001TagA\u0002',
    ...more,
  }
}

/** Appends and waits, in any world. */
export function put(
  store: MessageStore,
  one: MessageToStore,
  waitStoreOk = true,
): Promise<AcknowledgedStatus | string> {
  const result = store.append(one)
  if (!result.ok) return Promise.resolve(result.message)
  return new Promise((done) => store.whenAcknowledged(result.endOffset, waitStoreOk, done))
}

export interface World {
  sim: Simulation
  machine: SimHost
  store: MessageStore
  /** Starts a store in a new process on the same machine. */
  restart(options?: { losePower?: boolean; config?: Partial<StoreConfig> }): Promise<MessageStore>
}

/** A store in a simulated machine, started. */
export async function world(
  config: Partial<StoreConfig> = {},
  more: Partial<FileStoreOptions> & { sim?: Partial<SimulationOptions>; diskBytes?: number } = {},
): Promise<World> {
  const { sim: simOptions, diskBytes, ...options } = more
  const sim = simulate({ seed: 1, ...simOptions })
  const machine = sim.host('a', { diskBytes: diskBytes ?? 1e12 })
  const open = async (io: Io, given = config) => {
    const store = createFileStore({ io, directory: '/store', storeHost: host, config: given, ...options })
    await sim.settle(store.start())
    return store
  }
  const made: World = {
    sim,
    machine,
    store: await open(machine.io),
    async restart({ losePower, config: other } = {}) {
      if (machine.alive) machine.kill({ losePower: losePower ?? false })
      return (made.store = await open(machine.restart(), other))
    },
  }
  return made
}

/** The checkpoint of a folder as Apache's broker leaves it: it has times only. */
export function dropStoreNote({ disk }: Io): void {
  const checkpoint = disk.open('/store/checkpoint')
  checkpoint.write(new Uint8Array(4096 - 24), 24)
  checkpoint.close()
}

/** Bodies of all messages of a queue, as text, by as many gets as it takes. */
export async function bodies(
  store: MessageStore,
  topic = 'TopicTest',
  queueId = 0,
  sim?: Simulation,
): Promise<string[]> {
  const found: string[] = []
  for (let offset = Math.max(0, store.minOffset(topic, queueId)); ;) {
    const answer = store.get({ topic, queueId, queueOffset: offset, maxMessages: 32 })
    const result: GetResult = answer instanceof Promise ? await (sim ? sim.settle(answer) : answer) : answer
    for (const record of recordsOf(result.pieces)) found.push(record.body.toString())
    if (result.status !== 'FOUND') return found
    offset = result.nextOffset
  }
}

export interface SeenRecord {
  size: number
  queueId: number
  queueOffset: number
  commitLogOffset: number
  topic: string
  body: Buffer
}

/** An own, minimal reader of records, so that the store is not checked by the code it uses. IPv4 only. */
export function recordsOf(pieces: readonly Uint8Array[]): SeenRecord[] {
  const bytes = Buffer.concat(pieces)
  const records: SeenRecord[] = []
  for (let at = 0; at < bytes.length;) {
    const size = bytes.readInt32BE(at)
    if (size < 91 || bytes.readUInt32BE(at + 4) !== 0xdaa320a7) throw new Error(`no record at ${at}`)
    const bodySize = bytes.readInt32BE(at + 84)
    const topicAt = at + 88 + bodySize
    records.push({
      size,
      queueId: bytes.readInt32BE(at + 12),
      queueOffset: Number(bytes.readBigInt64BE(at + 20)),
      commitLogOffset: Number(bytes.readBigInt64BE(at + 28)),
      topic: bytes.toString('utf8', topicAt + 1, topicAt + 1 + bytes[topicAt]!),
      body: bytes.subarray(at + 88, topicAt),
    })
    at += size
  }
  return records
}

/** The same world; told of each call of its disk and of files opened on it before it is made. `path`: of the file. */
export function watchedDisk(io: Io, see: (name: string, args: unknown[], path: string | undefined) => void): Io {
  const watched = <T extends object>(target: T, path?: string): T =>
    new Proxy(target, {
      get(_, name) {
        const value = Reflect.get(target, name) as unknown
        if (typeof value !== 'function') return value
        return (...args: unknown[]) => {
          see(String(name), args, path)
          const result = Reflect.apply(value, target, args) as unknown
          return name === 'open' ? watched(result as object, args[0] as string) : result
        }
      },
    })
  return { ...io, clock: io.clock, network: io.network, random: io.random, host: io.host, disk: watched(io.disk) }
}

/** The same world, whose disk changes nothing any more from the first call on that `allows` refuses. */
export function failingDisk(io: Io, allows: () => boolean): Io {
  const changing = new Set([
    'removeTree',
    'remove',
    'rename',
    'replaceWhole',
    'syncDirectory',
    'write',
    'writePieces',
    'truncate',
  ])
  return watchedDisk(io, (name) => {
    if (changing.has(name) && !allows()) throw new IoError('IO_FAILED', 'broken off')
  })
}
