import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freeBrokerPort, freePort } from '@mq/test-ports'
import { Load } from './load.js'
import { MqProcess } from './mq-process.js'
import { verify, type Verified } from './verify.js'

export interface KillLoopOptions {
  rounds: number
  concurrency?: number
  /** What keeps the messages, as `mq start --store` takes it. */
  store?: string
  onLine?: (line: string) => void
}

export interface KillLoopReport extends Verified {
  kills: number
  pauses: number
  sent: number
  acknowledged: number
}

const tellEvery = 10
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** A real `mq` under load is killed at any moment and started again, so many times; then everything is read. */
export async function killLoop({ rounds, concurrency = 32, store, onLine }: KillLoopOptions): Promise<KillLoopReport> {
  const directory = mkdtempSync(join(tmpdir(), 'mq-kill-loop-'))
  const namesrvPort = await freePort()
  const mq = new MqProcess({ directory, namesrvPort, brokerPort: await freeBrokerPort(), store })
  const namesrv = `127.0.0.1:${namesrvPort}`
  const load = new Load(namesrv, concurrency)
  let pauses = 0
  try {
    await mq.start()
    await load.start()
    for (let round = 1; round <= rounds; round++) {
      await sleep(200 + Math.random() * 1500)
      if (round % 4 === 0) {
        mq.signal('SIGSTOP')
        await sleep(Math.random() * 1000)
        mq.signal('SIGCONT')
        pauses++
      }
      await mq.end('SIGKILL')
      await mq.start()
      if (round % tellEvery === 0)
        onLine?.(`${round} rounds, ${load.sent} sent, ${load.acknowledged.size} acknowledged, ${load.failed} failed`)
    }
    await load.stop()
    const verified = await verify(namesrv, load)
    return { ...verified, kills: rounds, pauses, sent: load.sent, acknowledged: load.acknowledged.size }
  } finally {
    await mq.end('SIGKILL')
    rmSync(directory, { recursive: true, force: true })
  }
}
