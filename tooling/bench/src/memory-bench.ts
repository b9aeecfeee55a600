import { spawn } from 'node:child_process'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { finish } from '@mq/foreign'
import { printTable } from './table.js'

type Figures = Record<string, number>

/** Starts that are measured, each in a process of its own; the median counts. */
const starts = 5
const upMsMax = 300
const timesRealTimeMin = 1000

/** What tests in memory cost: the start of a cluster, and simulated time in which nothing happens. */
export async function memoryBench(): Promise<void> {
  const started: Figures[] = []
  for (let i = 0; i < starts; i++) started.push(await run('start'))
  const up = median(started.map(({ upMs }) => upMs!))
  const stored = median(started.map(({ storedMs }) => storedMs!))
  const { timesRealTime } = (await run('idle')) as { timesRealTime: number }
  const verdict = (isReached: boolean): string => (isReached ? 'reached' : 'missed')
  printTable('In memory', [
    ['what', 'figure', 'goal'],
    ['startTestCluster(), the first of a process', `${Math.round(up)} ms`, `${upMsMax} ms (${verdict(up < upMsMax)})`],
    ['the same, with a first message stored', `${Math.round(stored)} ms`, ''],
    [
      'a simulated cluster with idle clients, by processor time',
      `${Math.round(timesRealTime).toLocaleString('en')} times real time`,
      `${timesRealTimeMin.toLocaleString('en')} (${verdict(timesRealTime >= timesRealTimeMin)})`,
    ],
  ])
}

const median = (figures: number[]): number => figures.sort((a, b) => a - b)[Math.floor(figures.length / 2)]!

const program = join(resolve(fileURLToPath(import.meta.url), '..'), 'memory-load.ts')

async function run(part: 'start' | 'idle'): Promise<Figures> {
  process.stderr.write(`${part} …\n`)
  const args = ['--import', 'tsx', program, part]
  const ended = await finish(spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] }), part, 120_000)
  const line = ended.stdout.split('\n').find((text) => text.startsWith('{'))
  if (ended.code !== 0 || line === undefined) throw new Error(`${part} failed:\n${ended.stdout}\n${ended.stderr}`)
  return JSON.parse(line) as Figures
}
