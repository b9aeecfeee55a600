import type { Io } from '@mq/io'
import { expect, test } from 'vitest'
import { checkMessageStore } from '../src/conformance/index.js'
import { createFileStore } from '../src/file-store.js'
import type { Arrival, MessageStore, StoreEngine } from '../src/message-store.js'

/** The file engine with one fault put in. */
const wrong =
  (fault: (store: MessageStore, io: Io) => Partial<MessageStore>): StoreEngine =>
  (options) => {
    const store = createFileStore(options)
    const faulty = fault(store, options.io)
    return new Proxy(store, {
      get(target, name) {
        if (Object.hasOwn(faulty, name)) return Reflect.get(faulty, name)
        const value: unknown = Reflect.get(target, name, target)
        return typeof value === 'function' ? (value as (...args: unknown[]) => unknown).bind(target) : value
      },
    })
  }

/** A disk that says it has synced, and has not: so does an engine that acknowledges before it flushes. */
const acknowledgesBeforeFlush: StoreEngine = (options) => {
  const { clock, network, random, host, disk } = options.io
  const neverSyncs = new Proxy(disk, {
    get(target, name) {
      if (name !== 'open') return (Reflect.get(target, name) as () => unknown).bind(target)
      return (...args: Parameters<typeof disk.open>) => {
        const file = target.open(...args)
        file.sync = () => Promise.resolve()
        return file
      }
    },
  })
  return createFileStore({ ...options, io: { clock, network, random, host, disk: neverSyncs } })
}

type Listener = (arrivals: readonly Arrival[]) => void

const cases: [name: string, engine: StoreEngine, sentence: RegExp][] = [
  [
    'acknowledges before the flush',
    acknowledgesBeforeFlush,
    /what is left of two messages acknowledged as 'flushed' after a power loss: should be \["a","b"\], is \[\]/,
  ],
  [
    'acknowledges during the call',
    wrong(() => ({ whenAcknowledged: (_end, _wait, done) => done('OK') })),
    /called back during the call, before anything was written/,
  ],
  [
    'never acknowledges',
    wrong(() => ({ whenAcknowledged: () => {} })),
    /whenAcknowledged\(\d+\) failed: the promise is still open/,
  ],
  [
    'acknowledges in the wrong order',
    wrong((store, { clock }) => {
      const waiting: (() => void)[] = []
      return {
        whenAcknowledged(end, wait, done) {
          store.whenAcknowledged(end, wait, (status) => {
            waiting.unshift(() => done(status))
            if (waiting.length === 1) clock.after(1, () => waiting.splice(0).forEach((call) => call()))
          })
        },
      }
    }),
    /the order of acknowledgements: should be \[0,1,.*, is \[19,18,/,
  ],
  [
    'makes messages visible too early',
    wrong((store) => {
      let appended = 0
      return {
        append: (message) => {
          appended++
          return store.append(message)
        },
        maxOffset: () => appended,
      }
    }),
    /can be read as soon as it is appended: it must not be visible before it is acknowledged/,
  ],
  [
    'has offsets off by one',
    wrong((store) => ({
      append(message) {
        const result = store.append(message)
        return result.ok ? Object.assign(Object.create(result), { queueOffset: result.queueOffset + 1 }) : result
      },
    })),
    /queue offsets that append gave in two queues: should be \[0,0,1,2,1\], is \[1,1,2,3,2\]/,
  ],
  [
    'tells arrivals twice',
    wrong((store) => ({
      onArrival: (listener: Listener) => store.onArrival((arrivals) => listener([...arrivals, ...arrivals])),
    })),
    /arrivals told, as queue\/offset: should be \["0\/0","1\/0","0\/1","0\/2"\], is \["0\/0","1\/0","0\/1","0\/0"/,
  ],
  [
    'tells arrivals in the wrong order',
    wrong((store) => ({
      onArrival: (listener: Listener) => store.onArrival((arrivals) => listener([...arrivals].reverse())),
    })),
    /arrivals told, as queue\/offset: .* is \["0\/1","1\/0","0\/0"/,
  ],
  [
    'disregards maxMessages',
    wrong((store) => ({ get: (request) => store.get({ ...request, maxMessages: 32 }) })),
    /messages and next offset with maxMessages 3: should be \[3,3\], is \[10,10\]/,
  ],
  [
    'disregards filters',
    wrong((store) => ({ get: (request) => store.get({ ...request, matches: undefined }) })),
    /messages that the filter by tags code let through: should be \["m2",/,
  ],
  [
    'steps behind messages on their way',
    wrong((store) => ({
      async get(request) {
        const result = await store.get(request)
        return result.status === 'OFFSET_OVERFLOW_ONE' ? { ...result, nextOffset: result.nextOffset + 1 } : result
      },
    })),
    /nextOffset at the visible end, while a message is on its way: should be 1, is 2/,
  ],
  [
    'puts half messages into queues',
    wrong((store) => ({ append: (message) => store.append({ ...message, sysFlag: message.sysFlag & ~0xc }) })),
    /a queue holds after half message, rollback and commit: should be \["commit"\]|queue offsets of a half message/,
  ],
  [
    'takes hostile names',
    wrong((store) => ({
      append: (message) => store.append({ ...message, topic: message.topic.replace('../', 'x') }),
    })),
    /the topic "..\/x" \(4 characters\) was taken: it must be refused with MESSAGE_ILLEGAL/,
  ],
  [
    'takes less than it says',
    wrong((store) => ({ recordBytesMax: store.recordBytesMax + 1 })),
    /the reason for refusing|append refused a message that is in order: the record would have 4194305 bytes/,
  ],
  [
    'takes more than it says',
    wrong((store) => ({ recordBytesMax: store.recordBytesMax - 1 })),
    /a record of 4194304 bytes was taken, and recordBytesMax is 4194303/,
  ],
  [
    'takes messages after close',
    wrong((store) => ({
      close: async () => {},
      refusal: store.refusal,
    })),
    /a closed store takes messages|acknowledgement of what was appended before close/,
  ],
  [
    'forgets documents',
    wrong(() => {
      const documents = new Map<string, unknown>()
      return {
        documents: {
          read: (name) => documents.get(name),
          write: (name, text) => void documents.set(name, text),
        },
      }
    }),
    /a document after close and start: should be {"offset":5}, is undefined/,
  ],
  [
    'brings dropped topics back',
    wrong(() => ({ cleanUnusedTopics: () => [] })),
    /topics that are left after close and start: should be \["Kept"\], is \["Conformance","Kept"\]/,
  ],
  [
    'finds keys of other topics',
    wrong((store) => ({
      async query(request) {
        const [own, other] = [await store.query(request), await store.query({ ...request, topic: 'Other' })]
        return { ...own, records: [...own.records, ...other.records] }
      },
    })),
    /messages with the key k2: should be \["a","b","d"\], is \["a","b","d","c"\]/,
  ],
]

test.each(cases)(
  'an engine that %s is found out, in a sentence',
  async (_name, engine, sentence) => {
    const findings = await checkMessageStore(engine)
    expect(findings.map(({ problem }) => problem).join('\n')).toMatch(sentence)
  },
  60_000,
)

test('the engine without a fault has no findings', async () => {
  expect(await checkMessageStore(wrong(() => ({})))).toEqual([])
})
