import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freeBrokerPort, freePort } from '@mq/test-ports'
import { afterEach, describe, expect, test } from 'vitest'
import { cleanUp, run, runSource, temporaryFolder, type Running } from '../processes.js'

afterEach(cleanUp)

const startIn = (cwd: string, ...args: string[]) => startWith({}, cwd, ...args)

const startWith = async (env: Record<string, string>, cwd: string, ...args: string[]) => {
  const [namesrvPort, brokerPort] = [await freePort(), await freeBrokerPort()]
  const ports = ['--namesrv-port', String(namesrvPort), '--broker-port', String(brokerPort)]
  const console = args.includes('--console-port') ? [] : ['--no-console']
  const running = run('mq', ['start', ...console, ...ports, ...args], { cwd, env })
  return { running, namesrvPort, brokerPort, namesrv: `127.0.0.1:${namesrvPort}` }
}

const ready = async (running: Running) => {
  await running.untilPrinted('To stop: Ctrl-C')
  return running.output.stdout
}

test('the banner says all one needs to go on', async () => {
  const cwd = temporaryFolder()
  const { running, namesrv, brokerPort } = await startIn(cwd)
  const banner = await ready(running)
  expect(banner).toContain(`Name server   ${namesrv}\n`)
  expect(banner).toContain(`Broker        127.0.0.1:${brokerPort}  broker-a in DefaultCluster\n`)
  expect(banner).toContain(`Data          ${join(cwd, 'mq-data')}\n`)
  expect(banner).toContain(`Logs          ${join(cwd, 'mq-data/logs/mq.log')}\n`)
  expect(banner).toContain('Acknowledged  when flushed to disk: survives a power loss')
  expect(banner).toContain('Reachable     from this machine only; --host 0.0.0.0 opens it, together with')
  expect(banner).toContain(`mq produce TopicTest "hello" --namesrv ${namesrv}\n`)
  running.child.kill('SIGINT')
  expect(await running.ended).toMatchObject({ code: 0 })
  expect(readFileSync(join(cwd, 'mq-data/logs/mq.log'), 'utf8')).toContain('broker-a')
})

test('the console answers where the banner says', async () => {
  const { running } = await startIn(temporaryFolder(), '--memory', '--console-port', '0')
  const [, url] = /Console +(http:\/\/127\.0\.0\.1:\d+)\n/.exec(await ready(running))!
  expect((await fetch(`${url}/api`)).headers.get('content-type')).toContain('json')
  running.child.kill('SIGINT')
  expect((await running.ended).code).toBe(0)
})

describe('with access control and TLS alone', () => {
  const secured = async (env: Record<string, string>, ...args: string[]) => {
    const cwd = temporaryFolder()
    const conf = 'aclEnable=true\nrocketmq.acl.plain.file=accounts.yml\ntls.server.mode=enforcing\n'
    writeFileSync(join(cwd, 'broker.conf'), conf)
    writeFileSync(join(cwd, 'accounts.yml'), 'accounts:\n- accessKey: operator\n  secretKey: 12345678\n  admin: true\n')
    const { running } = await startWith(env, cwd, '-c', 'broker.conf', '--memory', '--console-port', '0', ...args)
    const banner = await ready(running)
    const [, url] = /Console +(http:\/\/127\.0\.0\.1:\d+)/.exec(banner)!
    const get = async (path: string) => (await fetch(`${url}${path}`)).json() as Promise<Record<string, unknown>>
    return { banner, get }
  }

  test('the console signs what it asks, and asks with TLS', async () => {
    const { get } = await secured({ MQ_ACCESS_KEY: 'operator', MQ_SECRET_KEY: '12345678' })
    expect(await get('/api/cluster')).toMatchObject({ problems: [], brokers: [{ brokerName: 'broker-a' }] })
    expect(await get('/api/topics/SELF_TEST_TOPIC')).toMatchObject({ queues: [{ maxOffset: 0 }] })
  })

  test('the console of somebody without keys says what is missing', async () => {
    const { get, banner } = await secured({})
    expect(banner).toContain('MQ_ACCESS_KEY')
    expect(JSON.stringify(await get('/api/topics/SELF_TEST_TOPIC'))).toContain('No accessKey is configured')
  })
})

test('it opens to the network with --insecure only', async () => {
  const refused = await startIn(temporaryFolder(), '--memory', '--host', '0.0.0.0')
  expect((await refused.running.ended).stderr).toMatch(/^mq: listening on 0\.0\.0\.0 would let in anybody .*--insecure/)
  const opened = await startIn(temporaryFolder(), '--memory', '--host', '0.0.0.0', '--insecure')
  expect(await ready(opened.running)).toContain('Reachable     from the network: by anybody (--insecure)\n')
})

test('what was produced is there after SIGTERM and a new start', async () => {
  const cwd = temporaryFolder()
  const first = await startIn(cwd)
  await ready(first.running)
  const sent = await run('mq', ['produce', 'T', 'hello', '--tags', 'A', '--namesrv', first.namesrv], { cwd }).ended
  expect(sent).toMatchObject({ code: 0, stderr: '' })
  expect(sent.stdout).toMatch(/^SEND_OK {2}broker-a:\d {2}offset 0 {2}[0-9A-F]{32}\n$/)
  first.running.child.kill('SIGTERM')
  expect((await first.running.ended).code).toBe(0)

  const second = await startIn(cwd)
  await ready(second.running)
  const read = await run('mq', ['consume', 'T', '--namesrv', second.namesrv], { cwd }).ended
  expect(read).toMatchObject({ code: 0, stderr: '' })
  expect(read.stdout).toMatch(/^broker-a:\d@0 {2}\[A\] {2}hello\n$/)
})

test('--memory leaves nothing behind', async () => {
  const cwd = temporaryFolder()
  const { running } = await startIn(cwd, '--memory')
  const banner = await ready(running)
  expect(banner).toContain('nothing survives the end of this process')
  running.child.kill('SIGTERM')
  expect((await running.ended).code).toBe(0)
  // The runtime folder with the pid file is below cwd in tests, and empty now.
  expect(readdirSync(cwd)).toEqual(['mq'])
  expect(readdirSync(join(cwd, 'mq'))).toEqual([])
})

test('a second Ctrl-C ends a stop that hangs, at once', async () => {
  const hanging = resolve(fileURLToPath(import.meta.url), '../hanging-stop.ts')
  const running = runSource(hanging, [], { cwd: temporaryFolder() })
  await running.untilPrinted('ready')
  running.child.kill('SIGINT')
  await running.untilPrinted('Stopping')
  running.child.kill('SIGINT') // npm sends the same Ctrl-C on: counts as one
  await running.untilPrinted('still stopping')
  running.child.kill('SIGINT')
  expect((await running.ended).code).toBe(130)
})

describe('one sentence, exit code 1, no stack', () => {
  const fails = async (running: Running, sentence: RegExp, code = 1) => {
    const ended = await running.ended
    const said = ended.stderr.split('\n').filter((line) => line !== '' && !line.startsWith('{'))
    expect(said, ended.stderr).toHaveLength(1)
    expect(said[0]).toMatch(sentence)
    expect(ended).toMatchObject({ code, stdout: '' })
  }

  test('a port that is taken', async () => {
    const server = createServer()
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const { port } = server.address() as { port: number }
    const cwd = temporaryFolder()
    const args = [
      'start',
      '--no-console',
      '--namesrv-port',
      String(port),
      '--broker-port',
      String(await freeBrokerPort()),
    ]
    await fails(
      run('mq', args, { cwd }),
      new RegExp(`^mq: .*127\\.0\\.0\\.1:${port}.*taken by another process.*another port`),
    )
    server.close()
  })

  test('a folder in use by another broker', async () => {
    const cwd = temporaryFolder()
    const { running } = await startIn(cwd)
    await ready(running)
    const second = await startIn(cwd)
    await fails(second.running, new RegExp(`^mq: .*in use by process ${running.child.pid}.*another folder`))
  })

  test('a folder that is a file', async () => {
    const cwd = temporaryFolder()
    const { running } = await startIn(cwd, '--data', '/dev/null/data')
    await fails(running, /^mq: logs cannot be written to \/dev\/null\/data\/logs \(ENOTDIR\): .*--log-dir/)
  })

  test.each([
    [['start', '--prot', '1'], /^mq: unknown option '--prot'.*'mq --help'/],
    [['start', '--broker-port', 'many'], /^mq: --broker-port takes a port from 0 to 65535/],
    [['produce'], /^mq: missing required argument 'topic'/],
    [['produce', 'T', 'x', '--count', '0'], /^mq: --count takes a whole number from 1 on, not '0'/],
    [['produce', 'T', 'x', '--property', 'a'], /^mq: --property takes name=value, not 'a'/],
    [['consume', 'T', '--from', 'yesterday'], /^mq: --from takes first, last, or a time/],
  ])('%j is a usage error: 2', async (args, sentence) => {
    await fails(run('mq', args, { cwd: temporaryFolder() }), sentence, 2)
  })

  test('no cluster to produce to', async () => {
    const namesrv = `127.0.0.1:${await freePort()}`
    const running = run('mq', ['produce', 'T', 'x', '--namesrv', namesrv], { cwd: temporaryFolder() })
    await fails(running, new RegExp(`^mq: .*${namesrv}`))
  })
})
