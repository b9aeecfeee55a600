import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { startApache, startMq, type Flush, type ServerPair } from './servers.js'
import { runLoad, type Figures, type Load } from './java-load.js'
import { printTable } from './table.js'

export interface JavaBenchOptions {
  flush: Flush
  seconds: number
  warmup: number
  only: string[] | undefined
  /** Where the stores lie while it runs; on the disk that is to be measured. */
  directory: string
}

/** What is asked of both, and the ratio to Apache that MQ means to reach. */
const loads = (flush: Flush, time: { seconds: number; warmup: number }): (Load & { goal: number })[] => [
  { name: 'send, 64 threads', mode: 'send', settings: { threads: 64, topic: 'BenchSend', ...time }, goal: 1.5 },
  { name: 'async, 512 in flight', mode: 'async', settings: { inflight: 512, topic: 'BenchAsync', ...time }, goal: 1.3 },
  { name: 'batches of 64', mode: 'batch', settings: { threads: 4, batch: 64, topic: 'BenchBatch', ...time }, goal: 1 },
  {
    name: 'send, 1 thread',
    mode: 'send',
    settings: { threads: 1, topic: 'BenchOne', ...time },
    goal: flush === 'SYNC_FLUSH' ? 3 : 1,
  },
  { name: 'push consume', mode: 'consume', settings: { topic: 'BenchBatch', count: 500_000 }, goal: 1.2 },
]

/** Runs the same loads against Apache 4.7.1 and against MQ, one after the other, and prints both with ratios. */
export async function javaBench(options: JavaBenchOptions): Promise<void> {
  const chosen = loads(options.flush, options).filter(({ mode }) => options.only?.includes(mode) ?? true)
  const directory = mkdtempSync(join(options.directory, 'mq-bench-'))
  try {
    const apache = await measure(() => startApache('4.7.1', join(directory, 'apache'), options.flush), chosen)
    const mq = await measure(() => startMq(join(directory, 'mq'), options.flush), chosen)
    print(options.flush, chosen, apache, mq)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

interface Measured {
  startMs: number
  figures: Map<string, Figures>
}

async function measure(start: () => Promise<ServerPair>, chosen: Load[]): Promise<Measured> {
  const server = await start()
  const figures = new Map<string, Figures>()
  try {
    for (const load of chosen) {
      process.stderr.write(`${server.label}: ${load.name} … `)
      const seen = await runLoad(server, load)
      process.stderr.write(`${Math.round(seen.perSecond)}/s\n`)
      figures.set(load.name, seen)
    }
  } finally {
    await server.stop()
  }
  return { startMs: server.brokerStartMs, figures }
}

function print(flush: Flush, chosen: (Load & { goal: number })[], apache: Measured, mq: Measured): void {
  const rows = chosen.map(({ name, goal }) => {
    const theirs = apache.figures.get(name)!
    const ours = mq.figures.get(name)!
    const ratio = ours.perSecond / theirs.perSecond
    return [
      name,
      Math.round(theirs.perSecond),
      Math.round(ours.perSecond),
      `${ratio.toFixed(2)} (${ratio >= goal ? 'reached' : 'missed'} ${goal})`,
      `${theirs.p99Micros} / ${ours.p99Micros}`,
      `${theirs.cpuPerMillion.toFixed(1)} / ${ours.cpuPerMillion.toFixed(1)}`,
      `${theirs.residentMb.toFixed(0)} / ${ours.residentMb.toFixed(0)}`,
      `${theirs.failed} / ${ours.failed}`,
    ]
  })
  const both = 'Apache / MQ'
  printTable(`Java client 4.7.1, 128 B bodies, ${flush}`, [
    [
      'load',
      'Apache 4.7.1 /s',
      'MQ /s',
      'ratio',
      `p99 µs ${both}`,
      `CPU s per million ${both}`,
      `RSS MB ${both}`,
      'failed',
    ],
    ...rows,
  ])
  console.log(`broker start: Apache ${apache.startMs.toFixed(0)} ms, MQ ${mq.startMs.toFixed(0)} ms\n`)
}
