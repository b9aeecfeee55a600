import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { nodeIo } from '@mq/io/node'
import { brokerSettings } from '../../src/config/broker-settings.js'

const host = { ...nodeIo().host, hostname: 'my.host', addresses: () => ['192.168.1.5'] }
const settingsOf = (entries: Record<string, string>) => brokerSettings(new Map(Object.entries(entries)), host).settings

test('without a file: named after the machine, data in the working directory, loopback', () => {
  expect(settingsOf({})).toMatchObject({
    brokerName: 'my-host',
    storePathRootDir: resolve('mq-data/my-host/store'),
    bindAddress: '127.0.0.1',
    listenPort: 10_911,
    flushDiskType: 'SYNC_FLUSH',
  })
})

describe('what is listened on', () => {
  test.each([
    [{ brokerIP1: '127.0.0.1' }, '127.0.0.1'],
    [{ brokerIP1: '192.168.1.5' }, '0.0.0.0'],
    [{ brokerIP1: '192.168.1.5', bindAddress: '10.0.0.1' }, '10.0.0.1'],
    [{ bindAddress: '::' }, '::'],
  ])('%j -> %s', (entries, expected) => {
    expect(settingsOf(entries as Record<string, string>).bindAddress).toBe(expected)
  })
})

test("RocketMQ's sample configuration is taken without a word", () => {
  const sample = {
    brokerClusterName: 'DefaultCluster',
    brokerName: 'broker-a',
    brokerId: '0',
    deleteWhen: '04',
    fileReservedTime: '48',
    brokerRole: 'ASYNC_MASTER',
    flushDiskType: 'ASYNC_FLUSH',
  }
  expect(brokerSettings(new Map(Object.entries(sample)), host).problems).toEqual([])
})
