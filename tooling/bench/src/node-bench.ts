import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { finish } from '@mq/foreign'
import { startApache, startMq, type ServerPair } from './servers.js'
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

/** Runs Node's clients in a process of their own, every message flushed before it is acknowledged. */
export async function nodeBench(options: NodeBenchOptions): Promise<void> {
  const directory = mkdtempSync(join(options.directory, 'mq-bench-'))
  try {
    const rows: string[][] = []
    await withServer(startMq(join(directory, 'mq'), 'SYNC_FLUSH'), async (server) => {
      for (const one of cases(options.seconds)) rows.push(await row('@mq/client on MQ', 'mq-load', server, one))
    })
    if (!options.withoutOthers) {
      await withServer(startApache('4.7.1', join(directory, 'apache'), 'SYNC_FLUSH'), async (server) => {
        const sends = cases(options.seconds).filter(({ args }) => args[0] === 'send')
        for (const one of sends)
          rows.push(await row('ali-ons on Apache 4.7.1', 'ali-ons-load', server, { ...one, goal: undefined }))
      })
    }
    printTable('Node clients, 128 B bodies, SYNC_FLUSH', [
      ['who', 'load', 'per second', 'goal', 'p50 ms', 'p99 ms', 'failed'],
      ...rows,
    ])
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

async function withServer(starting: Promise<ServerPair>, use: (server: ServerPair) => Promise<void>): Promise<void> {
  const server = await starting
  try {
    await use(server)
  } finally {
    await server.stop()
  }
}

const folder = resolve(fileURLToPath(import.meta.url), '..')

async function row(who: string, program: string, server: ServerPair, one: Case): Promise<string[]> {
  process.stderr.write(`${who}: ${one.name} … `)
  const args = ['--import', 'tsx', join(folder, `${program}.ts`), ...one.args, `namesrv=${server.namesrv}`]
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
