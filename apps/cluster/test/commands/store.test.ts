import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { startLocalCluster } from '../../src/index.js'
import { cleanUp, run, temporaryFolder } from '../processes.js'

afterAll(cleanUp)

const mq = (...args: string[]) => run('mq', ['store', ...args], { cwd: temporaryFolder() }).ended

const queueWithMessages = (store: string): string =>
  readdirSync(join(store, 'consumequeue', 'Looked')).find((id) =>
    readFileSync(join(store, 'consumequeue', 'Looked', id, '0'.repeat(20))).some((byte) => byte !== 0),
  )!

test('verify and dump look into a folder that no broker has and change nothing, repair makes its queues anew', async () => {
  const directory = temporaryFolder()
  const cluster = await startLocalCluster({ directory, namesrvPort: 0, brokerPort: 0 })
  const store = join(directory, 'store')
  const refused = await mq('verify', store)
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('is in use by process')])
  const bodies = ['produce', 'Looked', 'one', 'two', 'three', '--namesrv', cluster.namesrv]
  expect((await run('mq', bodies, { cwd: directory }).ended).code).toBe(0)
  await cluster.close()

  const good = await mq('verify', store)
  expect([good.code, good.stdout]).toEqual([
    0,
    expect.stringMatching(/records up to \d+ of the commit log, nothing wrong/),
  ])
  const dumped = await mq('dump', store, '--topic', 'Looked', '--json')
  const records = dumped.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { body: string })
  expect(records.map(({ body }) => Buffer.from(body, 'base64').toString()).sort()).toEqual(['one', 'three', 'two'])
  expect((await mq('dump', store, '--count', '1')).stdout).toMatch(/Looked \d:0 .*(one|two|three)\n$/)

  const queue = join(store, 'consumequeue', 'Looked', queueWithMessages(store), '0'.repeat(20))
  const entries = readFileSync(queue)
  writeFileSync(queue, Buffer.from(entries).fill(1, 0, 8))
  expect((await mq('verify', store)).stdout).toContain(`consume queue: ${queue}`)
  const tried = await mq('repair', store, '--dry-run')
  expect([tried.code, tried.stdout]).toEqual([0, expect.stringContaining('Nothing was changed')])
  const repaired = await mq('repair', store, '--json')
  expect(JSON.parse(repaired.stdout)).toMatchObject({ topics: expect.any(Number), damages: 0 })
  expect(readFileSync(queue).equals(entries)).toBe(true)
  expect((await mq('verify', store)).stdout).toContain('nothing wrong')

  const log = join(store, 'commitlog', readdirSync(join(store, 'commitlog'))[0]!)
  const bytes = readFileSync(log)
  bytes[90]! ^= 1
  writeFileSync(log, bytes)
  const bad = await mq('verify', store, '--json')
  expect(bad.code).toBe(1)
  expect(JSON.parse(bad.stdout.split('\n')[0]!)).toMatchObject({ kind: 'commit log', file: log, offset: 0 })
  expect(readFileSync(log).equals(bytes)).toBe(true)
  expect((await mq('verify', join(directory, 'nothing'))).stderr).toContain('is no store')
}, 240_000)
