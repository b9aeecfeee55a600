import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const command = fileURLToPath(new URL('../../../../apps/cluster/src/mq.ts', import.meta.url))

export interface MqPlace {
  directory: string
  namesrvPort: number
  brokerPort: number
  /** What `--store` is given. Default: RocketMQ's files. */
  store?: string
}

/** `mq start` as a process of its own, from its sources. */
export class MqProcess {
  #child: ChildProcess | undefined

  constructor(private readonly place: MqPlace) {}

  /** Resolves when it is ready; rejects, with what it printed, when it ends before. */
  start(): Promise<void> {
    const { directory, namesrvPort, brokerPort, store = 'file' } = this.place
    const node = ['--conditions=@mq/source', '--import', import.meta.resolve('tsx'), command]
    const where = ['--data', directory, '--store', store]
    const ports = ['--namesrv-port', String(namesrvPort), '--broker-port', String(brokerPort)]
    const child = spawn(process.execPath, [...node, 'start', '--no-console', ...where, ...ports], {
      cwd: directory,
      env: { ...process.env, XDG_RUNTIME_DIR: directory },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child = child
    let printed = ''
    return new Promise((resolve, reject) => {
      const look = (bytes: Buffer): void => {
        printed += String(bytes)
        if (printed.includes('To stop')) resolve()
      }
      child.stdout.on('data', look)
      child.stderr.on('data', look)
      child.once('close', (code) => reject(new Error(`mq start ended with ${code}:\n${printed}`)))
    })
  }

  signal(name: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child?.kill(name)
  }

  /** Resolves when it is gone. */
  end(name: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.#child
    if (!child || child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
    const gone = new Promise<void>((resolve) => child.once('close', () => resolve()))
    child.kill(name)
    return gone
  }
}
