import { describe, expect, test } from 'vitest'
import { runAgainst, sentAtMs } from '../fake-cluster.js'
import { trimmed } from '../golden.js'

process.env['TZ'] = 'UTC'

const where = ['-c', 'DefaultCluster']
const outOf = async (parts: Record<string, unknown>, ...argv: string[]) => {
  const { out, err, code, calls } = await runAgainst(parts, ...argv)
  expect({ err, code }).toEqual({ err: '', code: 0 })
  return { lines: trimmed(out).split('\n'), calls }
}

test('updateAclConfig sends what was given, and shows it without the secret', async () => {
  const options = [
    '-a',
    'orders',
    '-s',
    'a-secret',
    '-t',
    'A=DENY, B=PUB|SUB',
    '-g',
    'G=SUB',
    '-i',
    'DENY',
    '-m',
    'false',
  ]
  const { lines, calls } = await outOf({ updateAccount: ['h:1', 'h:2'] }, 'updateAclConfig', ...where, ...options)
  const account = {
    ...{ accessKey: 'orders', secretKey: 'a-secret', admin: false, defaultTopicPerm: 'DENY' },
    ...{ topicPerms: ['A=DENY', 'B=PUB|SUB'], groupPerms: ['G=SUB'] },
  }
  expect(calls).toEqual([['updateAccount', { cluster: 'DefaultCluster' }, account]])
  expect(lines).toEqual([
    'create or update plain access config to h:1 success.',
    'create or update plain access config to h:2 success.',
    'PlainAccessConfig [accessKey=orders, whiteRemoteAddress=null, admin=false, defaultTopicPerm=DENY, defaultGroupPerm=null, topicPerms=[A=DENY, B=PUB|SUB], groupPerms=[G=SUB]]',
  ])
})

test('deleteAccessConfig', async () => {
  const { lines, calls } = await outOf({ deleteAccount: ['h:1'] }, 'deleteAccessConfig', '-b', 'h:1', '-a', 'orders')
  expect(calls).toEqual([['deleteAccount', { addr: 'h:1' }, 'orders']])
  expect(lines).toEqual(['delete plain access config account to h:1 success.', "account's accesskey is:orders"])
})

test('updateGlobalWhiteAddr', async () => {
  const argv = ['updateGlobalWhiteAddr', ...where, '-g', '10.10.103.*,192.168.0.*']
  const { lines, calls } = await outOf({ updateGlobalWhiteAddresses: ['h:1'] }, ...argv)
  expect(calls).toEqual([['updateGlobalWhiteAddresses', { cluster: 'DefaultCluster' }, ['10.10.103.*', '192.168.0.*']]])
  expect(lines).toEqual(['update global white remote addresses to h:1 success.'])
})

describe('clusterAclConfigVersion', () => {
  const version = {
    ...{ brokerAddr: '127.0.0.1:21911', brokerName: 'broker-a', clusterName: 'DefaultCluster' },
    ...{ counter: 3, timestamp: sentAtMs },
  }
  const rowOf =
    'DefaultCluster    broker-a                127.0.0.1:21911         3                     2026-11-24 07:56:12'

  test('of a cluster', async () => {
    const { lines } = await outOf({ masters: ['h:1'], aclVersion: version }, 'clusterAclConfigVersion', ...where)
    expect(lines).toEqual([
      '#Cluster Name     #Broker Name            #Broker Addr            #AclConfigVersionNum  #AclLastUpdateTime',
      rowOf,
      "get cluster's plain access config version success.",
    ])
  })

  test('of a broker', async () => {
    const { lines } = await outOf({ aclVersion: version }, 'clusterAclConfigVersion', '-b', 'h:1')
    expect(lines).toEqual([rowOf, "get broker's plain access config version success."])
  })
})

test('getAccessConfigSubCommand lists accounts, and no secret that a broker of 4.7.1 sends along', async () => {
  const config = {
    globalWhiteAddrs: ['10.*.*.*'],
    plainAccessConfigs: [{ accessKey: 'orders', secretKey: 'a-secret', admin: false, topicPerms: ['A=SUB'] }],
  }
  const { lines } = await outOf({ aclConfig: config }, 'getAccessConfigSubCommand', '-b', 'h:1')
  expect(lines).toEqual([
    '',
    'globalWhiteRemoteAddresses: [10.*.*.*]',
    '',
    'accounts:',
    '  accessKey         : orders',
    '  whiteRemoteAddress:',
    '  admin             : false',
    '  defaultTopicPerm  :',
    '  defaultGroupPerm  :',
    '  topicPerms        : [A=SUB]',
    '  groupPerms        :',
  ])
  const { out } = await runAgainst({ aclConfig: config }, 'getAccessConfigSubCommand', '-b', 'h:1', '--json')
  expect(out).not.toContain('a-secret')
})
