import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const sources = resolve(fileURLToPath(import.meta.url), '../../src')

export interface Finished {
  code: number | null
  stdout: string
  stderr: string
}

export interface Running {
  readonly child: ChildProcess
  /** What it has printed so far. */
  readonly output: Finished
  /** Resolves when stdout or stderr holds the words; rejects when it ends without. */
  untilPrinted(words: string): Promise<void>
  /** Resolves with its last words and exit code. */
  readonly ended: Promise<Finished>
}

export interface RunOptions {
  cwd: string
  /** All of its standard input; `open`: what is written to `child.stdin`, until that ends. */
  input?: string | { open: true }
  env?: Record<string, string>
}

/** One of the commands as a process of its own, from its source; all its traces are below `cwd`. */
export function run(
  command: 'mq' | 'mqnamesrv' | 'mqbroker' | 'mqshutdown',
  args: string[],
  options: RunOptions,
): Running {
  return runSource(join(sources, `${command}.ts`), args, options)
}

export function runSource(path: string, args: string[], { cwd, input, env = {} }: RunOptions): Running {
  const node = ['--conditions=@mq/source', '--import', import.meta.resolve('tsx')]
  const { NAMESRV_ADDR: _, MQ_DEBUG: __, ...inherited } = process.env
  const child = spawn(process.execPath, [...node, path, ...args], {
    cwd,
    env: { ...inherited, XDG_RUNTIME_DIR: cwd, ...env },
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  })
  if (typeof input === 'string') child.stdin!.end(input)
  alive.add(child)
  const output: Finished = { code: null, stdout: '', stderr: '' }
  child.stdout!.on('data', (bytes) => (output.stdout += bytes))
  child.stderr!.on('data', (bytes) => (output.stderr += bytes))
  const ended = new Promise<Finished>((done) =>
    child.once('close', (code) => {
      alive.delete(child)
      done({ ...output, code })
    }),
  )
  return { child, output, ended, untilPrinted: (words) => untilPrinted(child, output, words) }
}

function untilPrinted(child: ChildProcess, output: Finished, words: string): Promise<void> {
  return new Promise((done, reject) => {
    const look = () => (output.stdout.includes(words) || output.stderr.includes(words)) && done()
    look()
    child.stdout!.on('data', look)
    child.stderr!.on('data', look)
    child.once('close', (code) => reject(new Error(`ended with ${code}:\n${output.stdout}\n${output.stderr}`)))
  })
}

const alive = new Set<ChildProcess>()
const folders: string[] = []

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'mq-cluster-'))
  folders.push(folder)
  return folder
}

/** For `afterEach`: nothing of a test stays behind. */
export async function cleanUp(): Promise<void> {
  await Promise.all(
    [...alive].map((child) => new Promise((done) => (child.once('close', done), child.kill('SIGKILL')))),
  )
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
}
