import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AdminClient, Producer, PushConsumer, TransactionProducer } from '@mq/client'
import { loadEngine } from '@mq/store-sqlite'
import { freeBrokerPort, freePort } from '@mq/test-ports'
import { afterEach, expect, test } from 'vitest'
import { startLocalCluster, type LocalCluster } from '../src/index.js'
import { loadStoreEngine } from '../src/store-engine.js'
import { cleanUp, run, temporaryFolder } from './processes.js'

const open: { close(): Promise<unknown> }[] = []
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close()
  await cleanUp()
})

const kept = <Client extends { close(): Promise<unknown> }>(client: Client): Client => {
  open.push(client)
  return client
}

const engine = await loadEngine()
const onSqlite = (directory: string) => startLocalCluster({ directory, engine, namesrvPort: 0, brokerPort: 0 })

const send = async ({ namesrv }: LocalCluster, ...texts: string[]) => {
  const producer = await new Producer({ namesrv }).start()
  for (const body of texts) await producer.send({ topic: 'Orders', body, keys: `key-${body}`, tags: body })
  await producer.close()
}

/** What a group gets next, so many messages. Its offsets are committed when it closes. */
async function consume({ namesrv }: LocalCluster, count: number, tags = '*'): Promise<string[]> {
  const consumer = new PushConsumer({ namesrv, group: 'Readers', consumeFrom: 'first' })
  const texts: string[] = []
  await new Promise<void>((done, failed) => {
    void consumer.subscribe('Orders', tags, (message) => {
      texts.push(message.text())
      if (texts.length === count) done()
    })
    consumer.start().catch(failed)
  })
  await consumer.close()
  return texts.sort()
}

test('a cluster on SQLite: clients send and consume, and go on after a restart', async () => {
  const directory = temporaryFolder()
  const first = await onSqlite(directory)
  await send(first, 'a', 'b', 'c')
  expect(await consume(first, 3)).toEqual(['a', 'b', 'c'])
  await send(first, 'd')
  await first.close()

  const second = kept(await onSqlite(directory))
  expect(second.acknowledges).toBe('flushed')
  await send(second, 'e')
  // The group goes on where it was; offsets and topics are in the database, too.
  expect(await consume(second, 2)).toEqual(['d', 'e'])
  const admin = kept(new AdminClient({ namesrv: second.namesrv }))
  const found = await admin.queryMessages({ topic: 'Orders', key: 'key-a' })
  expect(found.map((message) => message.text())).toEqual(['a'])
}, 120_000)

test('delays, transactions and filters work on it', async () => {
  const cluster = kept(await onSqlite(temporaryFolder()))
  const { namesrv } = cluster
  const producer = kept(await new Producer({ namesrv }).start())
  await producer.send({ topic: 'Orders', body: 'not for us', tags: 'A' })
  await producer.send({ topic: 'Orders', body: 'later', delayLevel: 1, tags: 'B' })
  const shop = kept(new TransactionProducer({ namesrv, group: 'Shop', check: () => 'rollback' }))
  await shop.start()
  const inTransaction = (body: string, decide: () => void) =>
    shop.sendInTransaction({ topic: 'Orders', body, tags: 'B' }, decide)
  await inTransaction('bought', () => {})
  await inTransaction('not bought', () => {
    throw new Error('out of stock')
  }).catch(() => {})
  expect(await consume(cluster, 2, 'B')).toEqual(['bought', 'later'])
}, 120_000)

test('mq start --store sqlite, with a message that is there after the next start', async () => {
  const cwd = temporaryFolder()
  const ports = [await freePort(), await freeBrokerPort()].map(String)
  const args = ['start', '--no-console', '--store', 'sqlite', '--namesrv-port', ports[0]!, '--broker-port', ports[1]!]
  const namesrv = `127.0.0.1:${ports[0]}`
  const start = async () => {
    const running = run('mq', args, { cwd })
    await running.untilPrinted('To stop: Ctrl-C')
    return running
  }
  const first = await start()
  expect(first.output.stdout).toContain(`Data          ${join(cwd, 'mq-data')}  (--store sqlite)\n`)
  expect((await run('mq', ['produce', 'T', 'hello', '--namesrv', namesrv], { cwd }).ended).code).toBe(0)
  first.child.kill('SIGTERM')
  expect((await first.ended).code).toBe(0)

  const second = await start()
  const read = await run('mq', ['consume', 'T', '--namesrv', namesrv], { cwd }).ended
  expect(read).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/hello\n$/) })
  second.child.kill('SIGTERM')
  await second.ended

  const tool = (...args: string[]) => run('mq', ['store', ...args], { cwd }).ended
  const store = join(cwd, 'mq-data', 'store')
  const good = await tool('verify', store)
  expect(good).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+ records up to \d+ .* nothing wrong\n$/) })
  const dumped = await tool('dump', store, '--topic', 'T', '--count', '1')
  expect(dumped).toMatchObject({ code: 0, stdout: expect.stringMatching(/ T \d:0 .*hello\n$/) })
  const repaired = await tool('repair', store)
  expect(repaired).toMatchObject({ code: 1, stderr: expect.stringContaining('nothing is derived') })

  // The other engine does not hide what this one has.
  const other = await run(
    'mq',
    args.filter((arg) => arg !== '--store' && arg !== 'sqlite'),
    { cwd },
  ).ended
  expect(other).toMatchObject({ code: 1, stderr: expect.stringContaining('holds a store in SQLite') })
}, 180_000)

test('--store takes a module of yours', async () => {
  const cwd = temporaryFolder()
  const path = (name: string, text: string) => {
    writeFileSync(join(cwd, name), text)
    return join(cwd, name)
  }
  const mine = await loadStoreEngine(path('mine.mjs', 'export const loadEngine = () => (options) => ({ options })'))
  expect(mine!({ directory: '/d' } as never)).toEqual({ options: { directory: '/d' } })
  const fails = (name: string) => loadStoreEngine(name).then(String, (error: unknown) => String(error))
  expect(await fails(path('empty.mjs', ''))).toMatch(/empty\.mjs is no engine: it exports no function 'loadEngine'/)
  expect(await fails(path('broken.mjs', 'throw new Error("at once")'))).toMatch(/broken\.mjs cannot be loaded: at once/)
  expect(await fails(join(cwd, 'missing.mjs'))).toMatch(/missing\.mjs cannot be loaded: /)
  expect(await fails('rocks')).toMatch(/--store takes file, sqlite, or the path of a module .*, not 'rocks'/)
  expect(await loadStoreEngine('file')).toBeUndefined()
})
