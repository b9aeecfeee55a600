import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'

const port = 19_637

export interface RunningRedis {
  port: number
  stop(): Promise<void>
}

export const redisIsInstalled = (): boolean => spawnSync('redis-server', ['--version']).status === 0

/** A Redis that syncs its log before it acknowledges, as the others here do. */
export function startRedis(directory: string): Promise<RunningRedis> {
  mkdirSync(directory, { recursive: true })
  const settings = ['--bind', '127.0.0.1', '--port', String(port), '--dir', directory, '--save', '']
  const child = spawn('redis-server', [...settings, '--appendonly', 'yes', '--appendfsync', 'always'])
  const ended = new Promise<void>((done) => child.once('close', () => done()))
  const stop = (): Promise<void> => {
    child.kill('SIGTERM')
    return ended
  }
  return new Promise((done, reject) => {
    let printed = ''
    child.stdout.on('data', (bytes: Buffer) => {
      printed += String(bytes)
      if (printed.includes('Ready to accept connections')) done({ port, stop })
    })
    void ended.then(() => reject(new Error(`redis-server ended:\n${printed}`)))
  })
}
