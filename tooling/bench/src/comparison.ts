import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { runLoad, type Figures, type Load } from './java-load.js'
import { startApache, startMq, type Flush, type ServerPair } from './servers.js'
import { printTable } from './table.js'

/** A load, and how much better than Apache MQ means to be under it. */
export interface Compared extends Load {
  goal: number
  /** What the goal is about: more a second (default), or a shorter p99. */
  by?: 'rate' | 'p99'
}

export interface ComparisonOptions {
  title: string
  flush: Flush
  rounds: number
  /** Where the stores lie while it runs; on the disk that is to be measured. */
  directory: string
}

/**
 * Runs the same loads against Apache 4.7.1 and against MQ, in turns, and prints both with ratios: of several rounds the median
 * of each, since a machine is not as fast in one minute as in the next.
 */
export async function compare(options: ComparisonOptions, loads: Compared[]): Promise<void> {
  const directory = mkdtempSync(join(options.directory, 'mq-bench-'))
  const apache: Measured[] = []
  const mq: Measured[] = []
  try {
    for (let round = 1; round <= options.rounds; round++) {
      const home = join(directory, String(round))
      apache.push(await measure(() => startApache('4.7.1', join(home, 'apache'), options.flush), loads))
      mq.push(await measure(() => startMq(join(home, 'mq'), options.flush), loads))
      rmSync(home, { recursive: true, force: true })
    }
    print(options, loads, medianOf(apache), medianOf(mq))
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

interface Measured {
  startMs: number
  figures: Map<string, Figures>
}

async function measure(start: () => Promise<ServerPair>, loads: Load[]): Promise<Measured> {
  const server = await start()
  const figures = new Map<string, Figures>()
  try {
    for (const load of loads) {
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

/** Figure by figure. */
function medianOf(rounds: Measured[]): Measured {
  const figures = new Map<string, Figures>()
  for (const [name, first] of rounds[0]!.figures) {
    const all = rounds.map((round) => round.figures.get(name)!)
    const keys = Object.keys(first) as (keyof Figures)[]
    const medians = keys.map((key) => [key, median(all.map((one) => one[key]))])
    figures.set(name, Object.fromEntries(medians) as unknown as Figures)
  }
  return { startMs: median(rounds.map(({ startMs }) => startMs)), figures }
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]!

function print({ title, flush }: ComparisonOptions, loads: Compared[], apache: Measured, mq: Measured): void {
  const rows = loads.map(({ name, goal, by }) => {
    const theirs = apache.figures.get(name)!
    const ours = mq.figures.get(name)!
    const ratio = by === 'p99' ? theirs.p99Micros / ours.p99Micros : ours.perSecond / theirs.perSecond
    return [
      name,
      Math.round(theirs.perSecond),
      Math.round(ours.perSecond),
      `${ratio.toFixed(2)} (${ratio >= goal ? 'reached' : 'missed'} ${goal}${by === 'p99' ? ', by p99' : ''})`,
      `${theirs.p99Micros} / ${ours.p99Micros}`,
      `${theirs.cpuPerMillion.toFixed(1)} / ${ours.cpuPerMillion.toFixed(1)}`,
      `${theirs.residentMb.toFixed(0)} / ${ours.residentMb.toFixed(0)}`,
      `${theirs.failed} / ${ours.failed}`,
    ]
  })
  const both = 'Apache / MQ'
  printTable(`${title}: Java client 4.7.1, 128 B bodies, ${flush}`, [
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
