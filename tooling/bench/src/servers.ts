import { spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startApacheBroker, startApacheNamesrv, type ApacheVersion } from '@mq/foreign'

export type Flush = 'SYNC_FLUSH' | 'ASYNC_FLUSH'

/** A name server and a broker under test. */
export interface ServerPair {
  label: string
  namesrv: string
  brokerPid: number
  /** From the start of the broker's process until it said it was up, ms. */
  brokerStartMs: number
  stop(): Promise<void>
}

const ports = { namesrv: 19_776, broker: 20_711 }

/** What both brokers are told besides the flush policy; both keep their defaults otherwise. */
const brokerSettings = (flush: Flush) => ({
  flushDiskType: flush,
  defaultTopicQueueNums: 8,
  brokerFastFailureEnable: false,
  enablePropertyFilter: true,
})

export async function startApache(version: ApacheVersion, directory: string, flush: Flush): Promise<ServerPair> {
  const namesrv = await startApacheNamesrv({ version, port: ports.namesrv, directory: join(directory, 'namesrv') })
  const from = performance.now()
  const broker = await startApacheBroker({
    version,
    port: ports.broker,
    namesrv: namesrv.address,
    directory: join(directory, 'broker'),
    config: brokerSettings(flush),
  })
  return {
    label: `Apache ${version}`,
    namesrv: namesrv.address,
    brokerPid: broker.pid,
    brokerStartMs: performance.now() - from,
    stop: async () => {
      await broker.stop()
      await namesrv.stop()
    },
  }
}

const binFolder = resolve(fileURLToPath(import.meta.url), '../../../../apps/cluster/bin')

export async function startMq(directory: string, flush: Flush): Promise<ServerPair> {
  mkdirSync(directory, { recursive: true })
  const namesrvConf = join(directory, 'namesrv.conf')
  writeFileSync(namesrvConf, `listenPort=${ports.namesrv}\n`)
  const namesrv = await startBin('mqnamesrv', ['-c', namesrvConf], directory)
  const settings = {
    ...brokerSettings(flush),
    brokerName: 'broker-a',
    brokerIP1: '127.0.0.1',
    listenPort: ports.broker,
    storePathRootDir: join(directory, 'store'),
  }
  const brokerConf = join(directory, 'broker.conf')
  const lines = Object.entries(settings).map(([key, value]) => `${key}=${value}\n`)
  writeFileSync(brokerConf, lines.join(''))
  const from = performance.now()
  const broker = await startBin('mqbroker', ['-n', `127.0.0.1:${ports.namesrv}`, '-c', brokerConf], directory)
  return {
    label: 'MQ',
    namesrv: `127.0.0.1:${ports.namesrv}`,
    brokerPid: broker.pid!,
    brokerStartMs: performance.now() - from,
    stop: async () => {
      await end(broker)
      await end(namesrv)
    },
  }
}

function startBin(name: string, args: string[], cwd: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [join(binFolder, `${name}.js`), ...args], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return new Promise((done, reject) => {
    let printed = ''
    const look = (bytes: Buffer) => {
      printed += String(bytes)
      if (printed.includes('boot success')) done(child)
    }
    child.stdout!.on('data', look)
    child.stderr!.on('data', look)
    child.once('close', (code) => reject(new Error(`${name} ended with code ${code}; it printed:\n${printed}`)))
  })
}

function end(child: ChildProcess): Promise<void> {
  const ended = new Promise<void>((done) => child.once('close', () => done()))
  child.kill('SIGTERM')
  return ended
}
