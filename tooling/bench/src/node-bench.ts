import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { finish } from '@mq/foreign'
import { redisIsInstalled, startRedis } from './redis-server.js'
import { startApache, startMq, type Flush } from './servers.js'
import { printTable } from './table.js'

export interface NodeBenchOptions {
  seconds: number
  withoutOthers?: boolean
  directory: string
}

interface Case {
  name: string
  args: string[]
  goal?: number
}

const cases = (seconds: number): Case[] => [
  { name: 'send, 512 in flight', args: ['send', 'inflight=512', `seconds=${seconds}`], goal: 110_000 },
  { name: 'send, 64 in flight', args: ['send', 'inflight=64', `seconds=${seconds}`], goal: 60_000 },
  { name: 'send, 1 in flight', args: ['send', 'inflight=1', `seconds=${seconds}`], goal: 2_500 },
  { name: 'drain', args: ['drain', 'count=500000'], goal: 150_000 },
  { name: 'end to end at 1,000/s', args: ['e2e', 'rate=1000', `seconds=${seconds}`] },
]

interface Contender {
  who: string
  program: string
  /** How its program is told of the server. */
  address: string
  loads: Case[]
}

/** Runs Node's clients in a process of their own, every message flushed before it is acknowledged. */
export async function nodeBench(options: NodeBenchOptions): Promise<void> {
  const directory = mkdtempSync(join(options.directory, 'mq-bench-'))
  try {
    const rows = await mqRows(directory, options.seconds)
    if (!options.withoutOthers) rows.push(...(await otherRows(directory, options.seconds)))
    printTable('Node clients, 128 B bodies, flushed before acknowledged', [
      ['who', 'load', 'per second', 'goal', 'p50 ms', 'p99 ms', 'failed'],
      ...rows,
    ])
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

const flush: Flush = 'SYNC_FLUSH'

const mqRows = (directory: string, seconds: number): Promise<string[][]> =>
  withServer(startMq(join(directory, 'mq'), flush), ({ namesrv }) =>
    rowsOf({ who: '@mq/client on MQ', program: 'mq-load', address: `namesrv=${namesrv}`, loads: cases(seconds) }),
  )

async function otherRows(directory: string, seconds: number): Promise<string[][]> {
  const withoutGoals = cases(seconds).map(({ name, args }) => ({ name, args }))
  const sends = withoutGoals.filter(({ args }) => args[0] === 'send')
  const drains = withoutGoals.filter(({ args }) => args[0] === 'drain')
  const apache = await withServer(startApache('4.7.1', join(directory, 'apache'), flush), ({ namesrv }) =>
    rowsOf({
      who: 'ali-ons on Apache 4.7.1',
      program: 'ali-ons-load',
      address: `namesrv=${namesrv}`,
      loads: sends,
    }),
  )
  if (!redisIsInstalled()) {
    console.error('Redis skipped: needs redis-server')
    return apache
  }
  const redis = await withServer(startRedis(join(directory, 'redis')), ({ port }) =>
    rowsOf({
      who: 'ioredis on Redis Streams',
      program: 'redis-load',
      address: `port=${port}`,
      loads: [...sends, ...drains],
    }),
  )
  return [...apache, ...redis]
}

async function withServer<S extends { stop(): Promise<void> }, T>(
  starting: Promise<S>,
  use: (server: S) => Promise<T>,
): Promise<T> {
  const server = await starting
  try {
    return await use(server)
  } finally {
    await server.stop()
  }
}

async function rowsOf({ who, program, address, loads }: Contender): Promise<string[][]> {
  const rows: string[][] = []
  for (const one of loads) rows.push(await row(who, program, address, one))
  return rows
}

const folder = resolve(fileURLToPath(import.meta.url), '..')

async function row(who: string, program: string, address: string, one: Case): Promise<string[]> {
  process.stderr.write(`${who}: ${one.name} … `)
  const args = ['--import', 'tsx', join(folder, `${program}.ts`), ...one.args, address]
  const run = await finish(spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] }), program, 240_000)
  const line = run.stdout.split('\n').find((text) => text.startsWith('{"perSecond"'))
  if (run.code !== 0 || line === undefined) throw new Error(`${program} failed:\n${run.stdout}\n${run.stderr}`)
  const seen = JSON.parse(line) as { perSecond: number; p50: number; p99: number; failed: number }
  process.stderr.write(`${Math.round(seen.perSecond)}/s\n`)
  const goal = one.goal === undefined ? '' : `${one.goal} (${seen.perSecond >= one.goal ? 'reached' : 'missed'})`
  return [
    who,
    one.name,
    String(Math.round(seen.perSecond)),
    goal,
    seen.p50.toFixed(2),
    seen.p99.toFixed(2),
    String(seen.failed),
  ]
}
