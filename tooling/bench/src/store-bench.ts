import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { finish } from '@mq/foreign'
import { printTable } from './table.js'

export interface StoreBenchOptions {
  seconds: number
  only: string[] | undefined
  directory: string
}

/** A figure, what it is measured against, and the share of that it should reach. */
interface Row {
  what: string
  figure: number
  beside?: { what: string; figure: number; goal?: number }
  unit?: string
}

type Figures = Record<string, number>

/** The store without a broker: beside the bare disk, with many topics, with a large log, with a reader far behind. */
export async function storeBench(options: StoreBenchOptions): Promise<void> {
  const directory = mkdtempSync(join(options.directory, 'mq-bench-'))
  const wanted = (part: string): boolean => options.only?.includes(part) ?? true
  const run = <T>(part: string): Promise<T> => runPart<T>(part, directory, options.seconds)
  try {
    const rows: Row[] = []
    if (wanted('append')) rows.push(...appendRows(await run('raw'), await run('append')))
    if (wanted('read')) rows.push(...readRows(await run('read')))
    if (wanted('topics')) rows.push(...topicRows(await run('topics')))
    if (wanted('large')) rows.push(...largeRows(await run('large')))
    if (wanted('catchUp')) rows.push(...catchUpRows(await run('catchUp')))
    printTable('@mq/store, records of about 240 B', [['what', 'figure', 'beside', 'ratio'], ...rows.map(cells)])
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

const appendRows = (raw: Figures, seen: Figures): Row[] => [
  {
    what: 'append, 1 in flight, flushed',
    figure: seen['flushed1']!,
    beside: { what: 'write + fdatasync of one', figure: raw['one']! },
  },
  {
    what: 'append, 64 in flight, flushed',
    figure: seen['flushed64']!,
    beside: { what: 'write + fdatasync of 64', figure: raw['of64']!, goal: 0.8 },
  },
  {
    what: 'append, 64 in flight, flushed',
    figure: seen['flushed64']!,
    beside: { what: 'the same, received', figure: seen['received64']! },
  },
  {
    what: 'append, 512 in flight, flushed',
    figure: seen['flushed512']!,
    beside: { what: 'the same, received', figure: seen['received512']! },
  },
]

const readRows = ({ cold, bareReads }: Figures): Row[] => [
  { what: 'read after a restart', figure: cold!, beside: { what: 'the same bytes, read only', figure: bareReads! } },
]

const topicRows = ({ firstRate, startedMs, spread, single, residentMb, openFiles }: Figures): Row[] => [
  { what: 'first messages of 80,000 queues', figure: firstRate! },
  { what: 'start with 80,000 queues', figure: startedMs!, unit: 'ms' },
  {
    what: 'append to 80,000 queues in turn, 64 in flight',
    figure: spread!,
    beside: { what: 'to one queue', figure: single! },
  },
  { what: 'resident meanwhile', figure: residentMb!, unit: 'MB' },
  { what: 'open files meanwhile', figure: openFiles!, unit: '' },
]

const largeRows = ({ empty, large }: Record<'empty' | 'large', Figures>): Row[] => [
  {
    what: 'start with a log of 50 GiB (sparse)',
    figure: large['startMs']!,
    unit: 'ms',
    beside: { what: 'with an empty one', figure: empty['startMs']! },
  },
  {
    what: 'append to it, 64 in flight, flushed',
    figure: large['sent']!,
    beside: { what: 'to an empty one', figure: empty['sent']!, goal: 0.8 },
  },
  {
    what: 'read from it',
    figure: large['pulled']!,
    beside: { what: 'from an empty one', figure: empty['pulled']!, goal: 0.8 },
  },
]

const catchUpRows = ({ alone, beside, read, isCold }: Figures): Row[] => [
  {
    what: `append beside a reader ${isCold ? 'of cold files' : 'far behind (files not cold: needs root)'}`,
    figure: beside!,
    beside: { what: 'alone', figure: alone!, goal: 0.8 },
  },
  { what: 'that reader, as fast as a Java consumer takes it', figure: read! },
]

function cells({ what, figure, beside, unit = '/s' }: Row): string[] {
  const number = (value: number): string => `${Math.round(value).toLocaleString('en')} ${unit}`.trim()
  if (!beside) return [what, number(figure), '', '']
  const ratio = figure / beside.figure
  const goal = beside.goal === undefined ? '' : ` (${ratio >= beside.goal ? 'reached' : 'missed'} ${beside.goal})`
  return [what, number(figure), `${beside.what}: ${number(beside.figure)}`, `${ratio.toFixed(2)}${goal}`]
}

const folder = resolve(fileURLToPath(import.meta.url), '..')

async function runPart<T>(part: string, directory: string, seconds: number): Promise<T> {
  process.stderr.write(`${part} …\n`)
  const args = ['--import', 'tsx', join(folder, 'store-load.ts'), part, `directory=${directory}`, `seconds=${seconds}`]
  const run = await finish(spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] }), part, 300_000)
  const line = run.stdout.split('\n').find((text) => text.startsWith('{'))
  if (run.code !== 0 || line === undefined) throw new Error(`${part} failed:\n${run.stdout}\n${run.stderr}`)
  return JSON.parse(line) as T
}
