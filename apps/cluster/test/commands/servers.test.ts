import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freeBrokerPort, freePort } from '@mq/test-ports'
import { afterEach, describe, expect, test } from 'vitest'
import { cleanUp, run, runSource, temporaryFolder } from '../processes.js'

afterEach(cleanUp)

const ourName = hostname().replace(/[^a-zA-Z0-9_-]/g, '-')

test('mqnamesrv, mqbroker, mqadmin, mqshutdown: the usual set-up by hand', async () => {
  const cwd = temporaryFolder()
  const [port, brokerPort] = [await freePort(), await freeBrokerPort()]
  writeFileSync(join(cwd, 'namesrv.conf'), `listenPort=${port}\n`)
  writeFileSync(join(cwd, 'broker.conf'), `listenPort=${brokerPort}\n`)
  const namesrv = run('mqnamesrv', ['-c', 'namesrv.conf'], { cwd })
  await namesrv.untilPrinted(`The Name Server boot success. serializeType=JSON, address 127.0.0.1:${port}`)
  const broker = run('mqbroker', ['-n', `localhost:${port}`, '-c', 'broker.conf'], { cwd })
  await broker.untilPrinted(
    `The broker[${ourName}, 127.0.0.1:${brokerPort}] boot success. serializeType=JSON and name server is localhost:${port}`,
  )
  expect(broker.output.stdout).toContain(`Store: ${join(cwd, 'mq-data', ourName, 'store')}.`)
  expect(broker.output.stdout).toContain('only this machine can connect')

  const admin = resolve(fileURLToPath(import.meta.url), '../../../../../packages/admin-cli/src/cli.ts')
  const listed = await runSource(admin, ['clusterList', '-n', `127.0.0.1:${port}`], { cwd }).ended
  expect(listed).toMatchObject({ code: 0, stderr: '' })
  const cells = [`DefaultCluster`, ourName, '0', `127\\.0\\.0\\.1:${brokerPort}`, 'V4_7_1']
  expect(listed.stdout).toMatch(new RegExp(`^${cells.join(' +')} `, 'm'))

  const stopped = await run('mqshutdown', ['broker'], { cwd }).ended
  expect(stopped.stdout).toBe(
    `The mqbroker(${broker.child.pid}) is running...\nSend shutdown request to mqbroker(${broker.child.pid}) OK\n`,
  )
  expect((await broker.ended).code).toBe(0)
  expect((await run('mqshutdown', ['namesrv'], { cwd }).ended).code).toBe(0)
  expect((await namesrv.ended).code).toBe(0)
  expect(readdirSync(join(cwd, 'mq'))).toEqual([])
  expect(await run('mqshutdown', ['broker'], { cwd }).ended).toMatchObject({
    code: 255,
    stdout: 'No mqbroker running.\n',
  })
})

describe('mqbroker', () => {
  const brokerWith = (conf: string, ...args: string[]) => {
    const cwd = temporaryFolder()
    writeFileSync(join(cwd, 'broker.conf'), conf)
    return { cwd, running: run('mqbroker', ['-c', 'broker.conf', ...args], { cwd }) }
  }

  test('-p prints the whole configuration, -m the important part', async () => {
    const all = await brokerWith('brokerName=broker-x\n', '-p').running.ended
    expect(all.stdout).toContain('\nbrokerName=broker-x\n')
    expect(all.stdout).toContain('\nmappedFileSizeCommitLog=1073741824\n')
    expect(all).toMatchObject({ code: 0, stderr: '' })
    const important = await brokerWith('brokerName=broker-x\n', '-m').running.ended
    expect(important.stdout).toContain('brokerName=broker-x\n')
    expect(important.stdout).not.toContain('mappedFileSizeCommitLog')
  })

  test('keys that do nothing are named, unknown ones with the nearest known', async () => {
    const conf = `listenPort=${await freeBrokerPort()}\nenableCalcFilterBitMap=true\nsendMessageThreadPoolNums=4\nbrokerNmae=x\n`
    const { running } = brokerWith(conf)
    await running.untilPrinted('boot success')
    expect(running.output.stderr).toContain('mqbroker: broker.conf: enableCalcFilterBitMap is not implemented yet')
    expect(running.output.stderr).toContain(
      'brokerNmae is not a key of the broker configuration; did you mean brokerName?',
    )
    expect(running.output.stderr).toContain('without effect here, they tune Java: sendMessageThreadPoolNums')
  })

  test.each([
    [
      'flushDiskType=MAYBE\n',
      /^mqbroker: broker\.conf: flushDiskType must be one of SYNC_FLUSH, ASYNC_FLUSH, not 'MAYBE'\n$/,
    ],
    [
      'namesrvAddr=localhost\n',
      /^mqbroker: broker\.conf: namesrvAddr: "localhost" is not an address: the port is missing/,
    ],
  ])('%j is refused in one sentence', async (conf, sentence) => {
    const { cwd, running } = brokerWith(conf)
    const { code, stderr } = await running.ended
    expect(stderr).toMatch(sentence)
    expect(code).toBe(1)
    expect(readdirSync(cwd)).toEqual(['broker.conf'])
  })

  test.each([
    ['brokerIP1=192.0.2.7\n', '0\\.0\\.0\\.0 \\(for brokerIP1=192\\.0\\.2\\.7\\)'],
    ['bindAddress=0.0.0.0\n', '0\\.0\\.0\\.0'],
  ])('%j without credentials is refused in one sentence', async (conf, place) => {
    const { cwd, running } = brokerWith(conf)
    const { code, stderr } = await running.ended
    const next = 'Set aclEnable=true, which asks who it is, or add --insecure to let everybody in'
    expect(stderr).toMatch(
      new RegExp(`^mqbroker: listening on ${place} would let in anybody on the network\\. ${next}; .*\n$`),
    )
    expect(code).toBe(1)
    expect(readdirSync(cwd)).toEqual(['broker.conf'])
  })

  test('--insecure lets the network in', async () => {
    const { running } = brokerWith(`listenPort=${await freeBrokerPort()}\nbrokerIP1=192.0.2.7\n`, '--insecure')
    await running.untilPrinted('192.0.2.7:')
    expect(running.output.stdout).toContain('Listening on 0.0.0.0, for the network: anybody can connect (--insecure)')
  })

  test('access control without accounts is refused in one sentence', async () => {
    const { code, stderr } = await brokerWith('aclEnable=true\n').running.ended
    expect(stderr).toMatch(/^mqbroker: the access control file .*plain_acl\.yml cannot be used: there is no such file/)
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
    expect(code).toBe(1)
  })

  test('a configuration that is not there', async () => {
    const { code, stderr } = await run('mqbroker', ['-c', 'no.conf'], { cwd: temporaryFolder() }).ended
    expect(stderr).toBe(
      "mqbroker: the configuration no.conf cannot be read: there is no such file. Check the path after '-c'\n",
    )
    expect(code).toBe(1)
  })

  test('a slave or a synchronous master is not started as something else', async () => {
    const { stderr, code } = await brokerWith('brokerRole=SLAVE\nbrokerId=1\n').running.ended
    expect(stderr).toContain('brokerRole must be ASYNC_MASTER')
    expect(code).toBe(1)
  })
})

test('mqnamesrv -p prints the configuration, -p PORT listens there', async () => {
  const cwd = temporaryFolder()
  const printed = await run('mqnamesrv', ['-p'], { cwd }).ended
  expect(printed.stdout).toContain('listenPort=9876\n')
  const port = await freePort()
  const running = run('mqnamesrv', ['-p', String(port)], { cwd })
  await running.untilPrinted(`boot success. serializeType=JSON, address 127.0.0.1:${port}`)
})

test('mqnamesrv opens to the network with --insecure only', async () => {
  const cwd = temporaryFolder()
  const args = ['--host', '0.0.0.0', '-p', String(await freePort())]
  const refused = await run('mqnamesrv', args, { cwd }).ended
  expect(refused.stderr).toMatch(/^mqnamesrv: listening on 0\.0\.0\.0 would let in anybody .*--insecure/)
  expect(refused).toMatchObject({ code: 1, stdout: '' })
  const running = run('mqnamesrv', [...args, '--insecure'], { cwd })
  await running.untilPrinted('boot success')
  expect(running.output.stdout).toContain('for the network: anybody can connect (--insecure)')
})

test('mqshutdown leaves alone what is not ours', async () => {
  const cwd = temporaryFolder()
  mkdirSync(join(cwd, 'mq'))
  // Process ids come again: this one runs, but it is not the broker that wrote the file.
  const file = { kind: 'broker', pid: process.pid, started: '1', address: 'x' }
  writeFileSync(join(cwd, 'mq', `broker-${process.pid}.json`), JSON.stringify(file))
  expect(await run('mqshutdown', ['broker'], { cwd }).ended).toMatchObject({
    code: 255,
    stdout: 'No mqbroker running.\n',
  })
  expect(await run('mqshutdown', ['everything'], { cwd }).ended).toMatchObject({ code: 2 })
})
