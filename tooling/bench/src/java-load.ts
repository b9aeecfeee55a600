import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runJava } from '@mq/foreign'
import { cpuSeconds, residentMb } from './process-figures.js'
import type { ServerPair } from './servers.js'

const folder = join(resolve(fileURLToPath(import.meta.url), '../..'), 'java')

/** One row of the comparison, as it is asked of both servers. */
export interface Load {
  name: string
  /** Which of the programs in `java`. */
  program: 'Load' | 'Semantics'
  mode: string
  settings: Record<string, string | number>
}

export interface Figures {
  perSecond: number
  p50Micros: number
  p99Micros: number
  failed: number
  /** Processor time of the broker per million messages, seconds. */
  cpuPerMillion: number
  /** Resident memory of the broker after the load, MB. */
  residentMb: number
}

/** Puts a server under one load from Apache's Java client. */
export async function runLoad(server: ServerPair, load: Load): Promise<Figures> {
  const settings = { namesrv: server.namesrv, ...load.settings }
  const args = [load.mode, ...Object.entries(settings).map(([name, value]) => `${name}=${value}`)]
  const cpuBefore = cpuSeconds(server.brokerPid)
  const run = await runJava(
    { version: '4.7.1', options: ['-Xms1g', '-Xmx1g'], main: join(folder, `${load.program}.java`), args },
    300_000,
  )
  const cpu = cpuSeconds(server.brokerPid) - cpuBefore
  const line = run.stdout.split('\n').find((text) => text.startsWith('{'))
  if (run.code !== 0 || line === undefined) throw new Error(`${load.name} failed:\n${run.stdout}\n${run.stderr}`)
  const result = JSON.parse(line) as { perSecond: number; failed: number; p50: number; p99: number; total: number }
  return {
    perSecond: result.perSecond,
    p50Micros: result.p50,
    p99Micros: result.p99,
    failed: result.failed,
    cpuPerMillion: (cpu * 1e6) / result.total,
    residentMb: residentMb(server.brokerPid),
  }
}
