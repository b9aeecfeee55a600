import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startLocalCluster, type LocalCluster } from '../../src/index.js'
import { cleanUp, run, temporaryFolder } from '../processes.js'

let cluster: LocalCluster
let cwd: string
beforeAll(async () => {
  cwd = temporaryFolder()
  cluster = await startLocalCluster({ memory: true, namesrvPort: 0, brokerPort: 0 })
})
afterAll(async () => {
  await cluster.close()
  await cleanUp()
})

const mq = (args: string[], input?: string) => run('mq', [...args, '--namesrv', cluster.namesrv], { cwd, input }).ended

test('lines of the standard input are messages', async () => {
  const sent = await mq(['produce', 'Lines'], 'one\n\ntwo\nthree\n')
  expect(sent.stdout.trimEnd().split('\n')).toHaveLength(3)
  const read = await mq(['consume', 'Lines', '--json'])
  const bodies = read.stdout
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { body: string }).body)
  expect(bodies.sort()).toEqual(['one', 'three', 'two'])
})

test('--json, --keys, --tags and --property', async () => {
  const args = [
    'produce',
    'Rich',
    'x',
    '--json',
    '--keys',
    'k1',
    '--tags',
    'TagA',
    '--property',
    'a=b=c',
    '--property',
    'd=e',
  ]
  expect(JSON.parse((await mq(args)).stdout)).toMatchObject({ status: 'SEND_OK', queue: { topic: 'Rich' } })
  await mq(['produce', 'Rich', 'y', '--tags', 'TagB'])
  const read = await mq(['consume', 'Rich', '--json', '--tags', 'TagA'])
  expect(JSON.parse(read.stdout)).toMatchObject({
    body: 'x',
    keys: ['k1'],
    tags: 'TagA',
    properties: { a: 'b=c', d: 'e' },
  })
})

test('many messages end with a summary, and --count ends a consumer', async () => {
  const sent = await mq(['produce', 'Many', '--count', '5000', '--size', '100'])
  expect(sent.stdout).toMatch(/^5,000 messages in [\d.]+ s, [\d,]+\/s\n$/)
  const read = await mq(['consume', 'Many', '--count', '100'])
  expect(read.stdout.trimEnd().split('\n')).toHaveLength(100)
})

test('--batch sends to one queue, one behind the other', async () => {
  const sent = await mq(['produce', 'Batches', 'a', 'b', 'c', '--batch', '3', '--json'])
  const results = sent.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { queue: object; queueOffset: number })
  expect(results.map(({ queueOffset }) => queueOffset)).toEqual([0, 1, 2])
  expect(new Set(results.map(({ queue }) => JSON.stringify(queue))).size).toBe(1)
})

test('a group goes on where it was', async () => {
  await mq(['produce', 'Grouped', 'a', 'b'])
  const first = await mq(['consume', 'Grouped', '--group', 'readers'])
  expect(first.stdout.trimEnd().split('\n')).toHaveLength(2)
  const second = await mq(['consume', 'Grouped', '--group', 'readers'])
  expect(second).toMatchObject({ code: 0, stdout: '' })
  expect(second.stderr).toContain('no message in Grouped that group readers has not consumed')
})

test('a topic that is not there', async () => {
  const { code, stderr } = await mq(['consume', 'Nowhere'])
  expect(stderr).toMatch(/^mq: .*knows no topic 'Nowhere'.*Create the topic/)
  expect(code).toBe(1)
})

test('messages of an account go through a cluster with access control', async () => {
  const home = temporaryFolder()
  mkdirSync(join(home, 'conf'))
  const accounts = join(home, 'conf/plain_acl.yml')
  writeFileSync(accounts, 'accounts:\n- accessKey: orders-service\n  secretKey: a-long-secret\n  admin: true\n')
  writeFileSync(join(home, 'conf/tools.yml'), 'accessKey: orders-service\nsecretKey: a-long-secret\n')
  const brokerConfig = { aclEnable: 'true', 'rocketmq.acl.plain.file': accounts }
  const guarded = await startLocalCluster({ memory: true, namesrvPort: 0, brokerPort: 0, brokerConfig })
  const at = ['--namesrv', guarded.namesrv]
  const by = ['--ak', 'orders-service', '--sk', 'a-long-secret']
  try {
    const sent = await run('mq', ['produce', 'Orders', 'signed', ...by, ...at], { cwd }).ended
    expect(sent).toMatchObject({ code: 0, stderr: '' })
    const read = await run('mq', ['consume', 'Orders', ...at], { cwd, env: { ROCKETMQ_HOME: home } }).ended
    expect(read).toMatchObject({ code: 0, stdout: expect.stringMatching(/ {2}signed\n$/) })
    const refused = await run('mq', ['produce', 'Orders', 'unsigned', ...at], { cwd }).ended
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('No accessKey is configured') })
  } finally {
    await guarded.close()
  }
})
