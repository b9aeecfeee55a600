import { execFileSync, spawn } from 'node:child_process'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cacheFolder, finish } from '@mq/foreign'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { linesOf } from '../src/java-clients.js'
import { removeFolders, startMqCluster, type MqCluster } from '../src/mq-cluster.js'
import { describeWith } from '../src/skip.js'

const source = resolve(fileURLToPath(import.meta.url), '../../go')

describeWith(['go'], "Apache's Go client on MQ", () => {
  let cluster: MqCluster
  let program: string

  beforeAll(async () => {
    program = join(cacheFolder('interop-go'), 'client')
    execFileSync('go', ['build', '-o', program, '.'], { cwd: source, stdio: 'inherit' })
    cluster = await startMqCluster()
  })
  afterAll(async () => {
    await cluster?.stop()
    removeFolders()
  })

  const run = async (...args: (string | number)[]) => {
    const child = spawn(program, args.map(String), { stdio: ['ignore', 'pipe', 'pipe'] })
    const { code, stdout, stderr } = await finish(child, 'the Go client')
    expect(code, stderr).toBe(0)
    return stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => line.split('\t'))
  }

  test('what it sends it consumes, once, where it was told', async () => {
    const sent = linesOf('sent', await run('produce', cluster.namesrv, 'GoTopic', 100))
    const got = linesOf('got', await run('consume', cluster.namesrv, 'GoTopic', 100, 'go_group'))
    const place = ([body, id, queue, offset]: string[]) => [body, `${id} ${queue}:${offset}`] as const
    expect(new Map(got.map(place))).toEqual(new Map(sent.map(place)))
  })
})
