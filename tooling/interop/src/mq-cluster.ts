import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freeBrokerPort, freePort } from '@mq/test-ports'

const binFolder = resolve(fileURLToPath(import.meta.url), '../../../../apps/cluster/bin')

export interface MqCluster {
  namesrv: string
  brokerAddress: string
  directory: string
  /** The broker's store, in Apache's layout. */
  storeDirectory: string
  /** SIGTERM stops it as an operator does; SIGKILL as a crash does. */
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<number | null>
}

/** `mq start`, with further flags, as a process of its own, on free ports; its folder is kept until `removeFolders`. */
export async function startMqCluster(directory = temporaryFolder(), ...flags: string[]): Promise<MqCluster> {
  const [namesrvPort, brokerPort] = [await freePort(), await freeBrokerPort()]
  const args = [
    'start',
    '--data',
    directory,
    '--no-console',
    '--namesrv-port',
    namesrvPort,
    '--broker-port',
    brokerPort,
    ...flags,
  ]
  const child = spawn(process.execPath, [join(binFolder, 'mq.js'), ...args.map(String)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  await untilPrinted(child, 'To stop', 'mq start')
  return {
    namesrv: `127.0.0.1:${namesrvPort}`,
    brokerAddress: `127.0.0.1:${brokerPort}`,
    directory,
    storeDirectory: join(directory, 'store'),
    stop: (signal = 'SIGTERM') => stop(child, signal),
  }
}

/** Writes further keys of a broker.conf; returns the flags of `mq start` that name it. */
export function brokerConf(directory: string, settings: Record<string, string | number | boolean>): string[] {
  const file = join(directory, 'broker.conf')
  const lines = Object.entries(settings).map(([key, value]) => `${key}=${value}\n`)
  writeFileSync(file, lines.join(''))
  return ['-c', file]
}

export interface RunResult {
  code: number | null
  stdout: string
  stderr: string
}

/** Runs one of MQ's commands to its end. */
export function runBin(name: 'mq' | 'mqadmin', ...args: string[]): Promise<RunResult> {
  const path =
    name === 'mqadmin'
      ? resolve(binFolder, '../../../packages/admin-cli/bin/mqadmin.js')
      : join(binFolder, `${name}.js`)
  const child = spawn(process.execPath, [path, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  return new Promise((done, reject) => {
    const result = { stdout: '', stderr: '' }
    child.stdout.on('data', (bytes) => (result.stdout += bytes))
    child.stderr.on('data', (bytes) => (result.stderr += bytes))
    child.on('error', reject)
    child.on('close', (code) => done({ code, ...result }))
  })
}

function untilPrinted(child: ChildProcess, words: string, name: string): Promise<void> {
  return new Promise((done, reject) => {
    let printed = ''
    const look = (bytes: Buffer) => {
      printed += String(bytes)
      if (printed.includes(words)) done()
    }
    child.stdout!.on('data', look)
    child.stderr!.on('data', look)
    child.once('close', (code) => reject(new Error(`${name} ended with code ${code}:\n${printed}`)))
  })
}

function stop(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode)
  const ended = new Promise<number | null>((done) => child.once('close', done))
  child.kill(signal)
  return ended
}

const folders: string[] = []

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'mq-interop-'))
  folders.push(folder)
  return folder
}

export function removeFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
}
