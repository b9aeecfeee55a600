import { expect, test } from 'vitest'
import { startTestCluster } from '../src/testing.js'

test('a cluster for tests: what is sent is consumed, and all is closed at the end of the block', async () => {
  const namesrv = await (async () => {
    await using cluster = await startTestCluster()
    const producer = await cluster.producer()
    await producer.send({ topic: 'Orders', body: 'sent before anybody listened' })
    const heard: string[] = []
    const consumer = cluster.pushConsumer({ group: 'Billing', consumeFrom: 'first' })
    await new Promise<void>((resolve, reject) => {
      consumer
        .subscribe('Orders', '*', (message) => {
          heard.push(message.text())
          resolve()
        })
        .then(() => consumer.start())
        .catch(reject)
    })
    expect(heard).toEqual(['sent before anybody listened'])
    return cluster.namesrv
  })()
  const { Producer } = await import('@mq/client')
  const late = new Producer({ namesrv, retries: 0, timeout: 500 })
  await expect(late.start().then(() => late.send({ topic: 'Orders', body: 'x' }))).rejects.toThrow()
  await late.close()
})

test('keys of a broker.conf are heeded, wrong ones named', async () => {
  await using cluster = await startTestCluster({ brokerName: 'broker-t' })
  expect(cluster.brokerName).toBe('broker-t')
  await expect(startTestCluster({ flushDiskType: 'SOMETIMES' })).rejects.toThrow('flushDiskType')
})
