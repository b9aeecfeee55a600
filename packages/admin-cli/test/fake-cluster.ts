import { ClientError, ReceivedMessage } from '@mq/client'
import type { ClusterInfo, ConsumerConnection, TopicRouteData } from '@mq/protocol'
import type { Session, ToolWorld } from '../src/index.js'
import { runTool } from '../src/index.js'

/** 2026-11-24 07:56:12.069 UTC */
export const sentAtMs = Date.UTC(2026, 10, 24, 7, 56, 12, 69)

export const clusterInfo: ClusterInfo = {
  brokerAddrTable: new Map([
    ['broker-a', { cluster: 'DefaultCluster', brokerName: 'broker-a', brokerAddrs: new Map([[0, '127.0.0.1:21911']]) }],
  ]),
  clusterAddrTable: new Map([['DefaultCluster', ['broker-a']]]),
}

export const route: TopicRouteData = {
  brokerDatas: [...clusterInfo.brokerAddrTable.values()],
  filterServerTable: new Map(),
  queueDatas: [{ brokerName: 'broker-a', readQueueNums: 4, writeQueueNums: 4, perm: 6, topicSysFlag: 0 }],
}

export const queue = (queueId: number, topic = 'TopicTest') => ({ topic, brokerName: 'broker-a', queueId })

/** One command line against a cluster of which only what is given is there; every call is written down. */
export async function runAgainst(parts: Record<string, unknown>, ...argv: string[]) {
  const calls: [string, ...unknown[]][] = []
  const admin = new Proxy(
    {},
    {
      get:
        (_target, name: string) =>
        async (...args: unknown[]) => {
          calls.push([name, ...args])
          const part = parts[name]
          if (part === undefined) throw new Error(`the command called ${name}, which this test does not expect`)
          return typeof part === 'function' ? part(...args) : part
        },
    },
  )
  let closed = 0
  const session = {
    admin,
    producer: async () => ({
      send: async (...args: unknown[]) => {
        calls.push(['send', ...args])
        return (parts['send'] as (...given: unknown[]) => unknown)(...args)
      },
    }),
    close: async () => void closed++,
  } as unknown as Session
  let out = ''
  let err = ''
  const world: ToolWorld = {
    env: {},
    readFile: () => undefined,
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    connect: () => session,
    now: () => sentAtMs,
    pause: async () => false,
  }
  const [command = '', ...rest] = argv
  const code = await runTool([command, '-n', '127.0.0.1:21876', ...rest], world)
  return { code, out, err, calls, closed }
}

export const unreachable = () => {
  throw new ClientError('CONNECT_FAILED', 'request 28 to 127.0.0.1:21911: nothing listens there')
}

export const noGroupOnline = (group: string): ConsumerConnection => {
  throw new ClientError('NOT_FOUND', `no consumer of group '${group}' is online`, { group })
}

export { ReceivedMessage }
