import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startConsole, type ConsoleOptions } from '../src/index.js'
import { FakeCluster } from './fake-cluster.js'

export interface Answer {
  status: number
  headers: Record<string, string | string[] | undefined>
  text: string
  json: any
}

export interface Ask {
  method?: string
  headers?: Record<string, string>
  body?: string | Buffer
}

/** A console on a free port over a fake cluster, with a small app of its own. */
export async function openConsole(cluster = new FakeCluster(), options: Partial<ConsoleOptions> = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'mq-console-'))
  const appDirectory = join(directory, 'app')
  mkdirSync(join(appDirectory, 'assets'), { recursive: true })
  writeFileSync(join(appDirectory, 'index.html'), '<!doctype html><title>console</title>')
  writeFileSync(join(appDirectory, 'assets', 'index-abc123.js'), `export const long = '${'x'.repeat(5000)}'`)
  writeFileSync(join(directory, 'secret.txt'), 'not for you')
  const console = await startConsole({ namesrv: [], port: 0, source: () => cluster, appDirectory, ...options })
  const { port } = console.address
  return {
    ...{ cluster, console, port, assets: join(appDirectory, 'assets') },
    ask: (path: string, ask?: Ask) => ask_(port, path, ask),
    post: (path: string, value: unknown) =>
      ask_(port, path, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(value),
      }),
    async close() {
      await console.close()
      rmSync(directory, { recursive: true })
    },
  }
}

/** By node:http, which sends paths and headers as they are given; fetch would tidy them. */
function ask_(port: number, path: string, { method = 'GET', headers = {}, body }: Ask = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, path, method, headers, agent: false }, (response) => {
      const pieces: Buffer[] = []
      response.on('data', (piece: Buffer) => pieces.push(piece))
      response.on('error', reject)
      response.on('end', () => {
        const text = Buffer.concat(pieces).toString('latin1')
        const isJson = String(response.headers['content-type']).startsWith('application/json')
        const json = isJson && text !== '' ? JSON.parse(Buffer.concat(pieces).toString('utf8')) : undefined
        resolve({ status: response.statusCode!, headers: response.headers, text, json })
      })
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}
