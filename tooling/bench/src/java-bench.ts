import { compare, type Compared } from './comparison.js'
import type { Flush } from './servers.js'

export interface JavaBenchOptions {
  flush: Flush
  rounds: number
  seconds: number
  warmup: number
  only: string[] | undefined
  /** Where the stores lie while it runs; on the disk that is to be measured. */
  directory: string
}

/** What is asked of both, and the ratio to Apache that MQ means to reach. */
const loads = (flush: Flush, time: { seconds: number; warmup: number }): Compared[] => [
  {
    name: 'send, 64 threads',
    program: 'Load',
    mode: 'send',
    settings: { threads: 64, topic: 'BenchSend', ...time },
    goal: 1.5,
  },
  {
    name: 'async, 512 in flight',
    program: 'Load',
    mode: 'async',
    settings: { inflight: 512, topic: 'BenchAsync', ...time },
    goal: 1.3,
  },
  {
    name: 'batches of 64',
    program: 'Load',
    mode: 'batch',
    settings: { threads: 4, batch: 64, topic: 'BenchBatch', ...time },
    goal: 1,
  },
  {
    name: 'send, 1 thread',
    program: 'Load',
    mode: 'send',
    settings: { threads: 1, topic: 'BenchOne', ...time },
    goal: flush === 'SYNC_FLUSH' ? 3 : 1,
  },
  {
    name: 'push consume',
    program: 'Load',
    mode: 'consume',
    settings: { topic: 'BenchBatch', count: 500_000 },
    goal: 1.2,
  },
]

/** Sends and consumes plain messages. */
export async function javaBench(options: JavaBenchOptions): Promise<void> {
  const chosen = loads(options.flush, options).filter(({ mode }) => options.only?.includes(mode) ?? true)
  await compare({ title: 'Sending and consuming', ...options }, chosen)
}
