import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freeBrokerPort, freePort } from '@mq/test-ports'
import { startLocalCluster, type LocalCluster } from '../../src/index.js'
import { registerPhantom } from '../phantom-broker.js'
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
const lines = (text: string) => text.trimEnd().split('\n')

describe('mq consume', () => {
  test('prints what it can read, and ends with 1 when a broker could not be read', async () => {
    await mq(['produce', 'HalfThere', 'one', 'two'])
    const phantom = await registerPhantom(cluster.namesrv, 'HalfThere')
    const read = await mq(['consume', 'HalfThere'])
    expect(lines(read.stdout)).toHaveLength(2)
    expect(read.stderr).toMatch(/mq: there may be more in HalfThere: .*127\.0\.0\.1:\d+/)
    expect(read.code).toBe(1)
    await phantom.forget()
    expect(await mq(['consume', 'HalfThere'])).toMatchObject({ code: 0, stderr: '' })
  })

  test('ends with 1 when no broker of the topic could be read', async () => {
    const phantom = await registerPhantom(cluster.namesrv, 'NotThere')
    const read = await mq(['consume', 'NotThere'])
    expect(read).toMatchObject({ code: 1, stdout: '' })
    expect(read.stderr).not.toContain('There is no message')
    await phantom.forget()
  })
})

describe('mq produce', () => {
  test('sends what can be sent, counts what cannot, and ends with 1', async () => {
    const tooLarge = 'x'.repeat(5 * 1024 * 1024)
    const sent = await mq(['produce', 'Partly'], `one\n${tooLarge}\ntwo\n`)
    expect(lines(sent.stdout)).toHaveLength(2)
    expect(sent.stderr).toMatch(/^mq: 1 of 3 messages were not sent; the first because: .*Partly/m)
    expect(sent.code).toBe(1)
    const read = await mq(['consume', 'Partly'])
    expect(
      lines(read.stdout)
        .map((line) => line.split('  ').at(-1))
        .sort(),
    ).toEqual(['one', 'two'])
  })

  test('gives up when nothing gets through, and says why', async () => {
    const phantom = await registerPhantom(cluster.namesrv, 'Unreached')
    const sent = await mq(['produce', 'Unreached', 'x'])
    expect(sent).toMatchObject({ code: 1, stdout: '' })
    expect(sent.stderr).toMatch(/^mq: .*127\.0\.0\.1:\d+/)
    await phantom.forget()
  })

  test('goes on when the cluster was stopped and started again', async () => {
    const directory = temporaryFolder()
    const place = { directory, namesrvPort: await freePort(), brokerPort: await freeBrokerPort() }
    const first = await startLocalCluster(place)
    const args = ['produce', 'Restarted', '--namesrv', first.namesrv]
    const producing = run('mq', args, { cwd, input: { open: true } })
    producing.child.stdin!.write('before\n')
    await producing.untilPrinted('SEND_OK')
    await first.close()
    const second = await startLocalCluster(place)
    producing.child.stdin!.end('after\n')
    const sent = await producing.ended
    expect(sent).toMatchObject({ code: 0, stderr: '' })
    expect(lines(sent.stdout)).toHaveLength(2)
    const read = await run('mq', ['consume', 'Restarted', '--namesrv', second.namesrv], { cwd }).ended
    expect(
      lines(read.stdout)
        .map((line) => line.split('  ').at(-1))
        .sort(),
    ).toEqual(['after', 'before'])
    await second.close()
  })
})
