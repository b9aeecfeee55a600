import { ClientError } from '@mq/client'
import { describe, expect, test } from 'vitest'
import { commands, runTool, type ToolWorld } from '../src/index.js'
import { clusterInfo, noGroupOnline, queue, runAgainst, unreachable } from './fake-cluster.js'

describe('a wrong command line ends with 2 and says what is wrong', () => {
  test.each([
    [['topicStatus'], /required option '-t, --topic <topic>' not specified/],
    [['topicStatus', '-t', 'T', '--colour'], /unknown option '--colour'/],
    [['topicStatus', '-t'], /option '-t, --topic <topic>' argument missing/],
    [['topicStatos', '-t', 'T'], /unknown command 'topicStatos'\n\(Did you mean topicStatus\?\)/],
    [
      ['updateTopic', '-t', 'T', '-c', 'C', '-r', 'many'],
      /'-r, --readQueueNums <n>' takes a whole number from 1 to 65536, not 'many'/,
    ],
    [['updateTopic', '-t', 'T', '-c', 'C', '-o', 'yes'], /takes true or false, not 'yes'/],
    [['updateTopic', '-t', 'T'], /say where: '-b host:port' for one broker, or '-c DefaultCluster'/],
    [['updateTopic', '-t', 'T', '-b', 'h:1', '-c', 'C'], /exclude each other/],
    [['sendMessage', '-t', 'T', '-p', 'x', '-i', '0'], /name the broker with '-b'/],
  ])('%j', async (argv, sentence) => {
    const { code, err, out, calls } = await runAgainst({}, ...argv)
    expect(err).toMatch(sentence)
    expect({ code, out, calls }).toEqual({ code: 2, out: '', calls: [] })
  })

  test('without a name server', async () => {
    const { code, err } = await runBare(['topicList'])
    expect({ code, err }).toEqual({
      code: 2,
      err: 'mqadmin: no name server is given: add -n 127.0.0.1:9876, or set NAMESRV_ADDR=127.0.0.1:9876\n',
    })
  })
})

describe('help', () => {
  test.each([[[]], [['help']], [['--help']]])('%j lists the commands', async (argv) => {
    const { code, out } = await runBare(argv)
    expect(code).toBe(0)
    for (const { name } of commands) expect(out).toContain(`  ${name} `)
  })

  test.each(commands.map((command) => [command.name, command] as const))('%s has examples', async (name, command) => {
    const { code, out } = await runBare(['help', name.toUpperCase()])
    expect(code).toBe(0)
    for (const { flags } of Object.values(command.options)) expect(out).toContain(flags)
    expect(command.examples).not.toEqual([])
    for (const example of command.examples) expect(out).toContain(example)
  })
})

describe('what fails', () => {
  test('ends with 1 and a sentence that says what to do, without a stack', async () => {
    const lost = () => {
      throw new ClientError('NAMESRV_UNREACHABLE', 'no name server answers at 127.0.0.1:21876')
    }
    const { code, err, out, closed } = await runAgainst({ topicList: lost }, 'topicList')
    expect(err).toBe(
      'mqadmin: no name server answers at 127.0.0.1:21876. Start a name server there, or name another: -n host:9876 or NAMESRV_ADDR.\n',
    )
    expect({ code, out, closed }).toEqual({ code: 1, out: '', closed: 1 })
  })

  test('a broker that does not answer is listed, and makes the exit code 1', async () => {
    const { code, err, out } = await runAgainst({ clusterInfo, brokerRuntimeInfo: unreachable }, 'clusterList')
    expect(out).toMatch(/DefaultCluster +broker-a +0 +127\.0\.0\.1:21911 +NO_ANSWER/)
    expect(err).toContain('nothing listens there')
    expect(code).toBe(1)
  })

  test('an offset without a message names those that are there', async () => {
    const empty = { status: 'OFFSET_ILLEGAL', messages: [], nextOffset: 0, minOffset: 3, maxOffset: 9 }
    const argv = ['queryMsgByOffset', '-t', 'T', '-b', 'broker-a', '-i', '0', '-o', '40']
    const { code, err } = await runAgainst({ pullMessages: empty }, ...argv)
    expect(err).toBe('mqadmin: there is no message at offset 40: the queue has 3 to 8\n')
    expect(code).toBe(1)
  })
})

test('commands are found in any case, as in RocketMQ', async () => {
  const { code, out } = await runAgainst({ topicList: ['A'] }, 'TOPICLIST')
  expect({ code, out }).toEqual({ code: 0, out: 'A\n' })
})

test('--json shows what the table is made of', async () => {
  const { out } = await runAgainst(
    { clusterInfo, brokerRuntimeInfo: { brokerVersion: '355' } },
    'clusterList',
    '--json',
  )
  expect(JSON.parse(out)).toMatchObject([
    { cluster: 'DefaultCluster', brokerName: 'broker-a', brokerId: 0, runtime: { brokerVersion: '355' } },
  ])
})

test('NAMESRV_ADDR names the name servers', async () => {
  const { connected } = await runBare(['topicList'], { NAMESRV_ADDR: 'a:1;b:2' })
  expect(connected).toEqual(['a:1;b:2'])
})

test('clusterList -i lists again until stopped', async () => {
  let pauses = 0
  let out = ''
  const world: Partial<ToolWorld> = {
    out: (text) => void (out += text),
    pause: async (seconds) => {
      expect(seconds).toBe(5)
      return ++pauses < 3
    },
    connect: () =>
      ({ admin: { clusterInfo: async () => ({ clusterAddrTable: new Map() }) }, close: async () => {} }) as never,
  }
  await runBare(['clusterList', '-i', '5', '-n', 'x:1'], {}, world)
  expect(out.match(/#Cluster Name/g)).toHaveLength(3)
})

describe('consumerProgress', () => {
  const progress = {
    consumeTps: 1.5,
    lag: 7,
    queues: [{ queue: queue(0), brokerOffset: 10, consumerOffset: 3, lag: 7, lastTimestamp: 0 }],
  }

  test('of a group, queue by queue', async () => {
    const { out } = await runAgainst({ consumeStats: progress }, 'consumerProgress', '-g', 'G')
    expect(out.split('\n')).toEqual([
      '#Topic                            #Broker Name                      #QID  #Broker Offset        #Consumer Offset      #Client IP           #Diff                 #LastTime',
      'TopicTest                         broker-a                          0     10                    3                     N/A                  7                     N/A',
      '',
      'Consume TPS: 1.50',
      'Diff Total: 7',
      '',
    ])
  })

  test('of all groups, those offline too', async () => {
    const online = {
      connectionSet: [{ clientId: 'c', clientAddr: 'a', version: 355 }],
      consumeType: 'CONSUME_PASSIVELY',
      messageModel: 'CLUSTERING',
    }
    const parts = {
      topicList: ['T', '%RETRY%off', '%RETRY%on'],
      consumeStats: progress,
      examineConsumerConnection: (group: string) => (group === 'on' ? online : noGroupOnline(group)),
    }
    const { out, code } = await runAgainst(parts, 'consumerProgress')
    expect(out).toMatch(/^off +0 +OFFLINE +1 +7$/m)
    expect(out).toMatch(/^on +1 +V4_7_1 +PUSH +CLUSTERING +1 +7$/m)
    expect(code).toBe(0)
  })
})

async function runBare(argv: string[], env = {}, more: Partial<ToolWorld> = {}) {
  let [out, err] = ['', '']
  const connected: string[] = []
  const world: ToolWorld = {
    env,
    readFile: () => undefined,
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    connect(namesrv) {
      connected.push(namesrv)
      return { admin: { topicList: async () => [] }, close: async () => {} } as never
    },
    now: () => 0,
    pause: async () => false,
    ...more,
  }
  return { code: await runTool(argv, world), out, err, connected }
}
