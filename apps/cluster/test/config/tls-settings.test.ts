import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Producer, PullConsumer } from '@mq/client'
import { afterAll, expect, test } from 'vitest'
import { selfSigned } from '../../src/config/self-signed.js'
import { takeTlsSettings } from '../../src/config/tls-settings.js'
import { startLocalCluster } from '../../src/local-cluster.js'

const folder = mkdtempSync(join(tmpdir(), 'mq-tls-'))
afterAll(() => rmSync(folder, { recursive: true }))
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}
const take = (entries: Record<string, string>) => takeTlsSettings(new Map(Object.entries(entries)))

test('both on a port by default, with a certificate made when needed', () => {
  const entries = new Map([
    ['listenPort', '9876'],
    ['tls.server.mode', 'enforcing'],
  ])
  expect(takeTlsSettings(entries)).toMatchObject({
    server: { mode: 'enforcing', makeCertificate: selfSigned },
    problems: [],
  })
  expect([...entries.keys()]).toEqual(['listenPort'])
  expect(take({}).server.mode).toBe('permissive')
  expect(take({ 'tls.server.mode': 'disabled' }).server).toEqual({ mode: 'disabled' })
})

test("files are read, and the properties file's keys win", () => {
  const [key, cert] = [file('key.pem', 'KEY'), file('cert.pem', 'CERT')]
  const properties = file(
    'tls.properties',
    `tls.server.mode=enforcing\ntls.server.keyPath=${key}\ntls.server.certPath=${cert}\n`,
  )
  expect(take({ 'tls.config.file': properties, 'tls.server.mode': 'permissive' }).server).toMatchObject({
    mode: 'enforcing',
    key: 'KEY',
    cert: 'CERT',
  })
})

test('what cannot be is said', () => {
  expect(() => take({ 'tls.server.keyPath': '/nowhere.pem' })).toThrow(/nowhere\.pem cannot be read \(ENOENT\)/)
  expect(() => take({ 'tls.server.need.client.auth': 'require' })).toThrow(/needs tls\.server\.authClient=true/)
  expect(() => take({ 'tls.test.mode.enable': 'false' })).toThrow(/are needed both/)
  expect(take({ 'tls.server.mod': 'x' }).problems).toMatchObject([{ kind: 'unknown' }])
  expect(take({ 'tls.server.mode': 'perhaps' }).problems).toMatchObject([{ kind: 'value' }])
})

test('a cluster that speaks TLS alone, with signed requests', { timeout: 60_000 }, async () => {
  const accounts = file(
    'plain_acl.yml',
    'accounts:\n- accessKey: administrator\n  secretKey: 12345678\n  admin: true\n',
  )
  const cluster = await startLocalCluster({
    memory: true,
    namesrvPort: 0,
    brokerPort: 0,
    tls: { server: { mode: 'enforcing', makeCertificate: selfSigned }, client: { rejectUnauthorized: false } },
    brokerConfig: { aclEnable: 'true', 'rocketmq.acl.plain.file': accounts },
  })
  const client = { namesrv: cluster.namesrv, tls: { rejectUnauthorized: false } }
  const credentials = { accessKey: 'administrator', secretKey: '12345678' }
  const producer = new Producer({ ...client, credentials, timeout: 20_000 })
  const stranger = new Producer({ ...client, timeout: 20_000 })
  const consumer = new PullConsumer({
    ...client,
    credentials,
    group: 'Secure',
    consumeFrom: 'first',
    autoCommit: false,
  })
  try {
    await producer.start()
    await producer.send({ topic: 'Orders', body: 'hello' })
    await stranger.start()
    await expect(stranger.send({ topic: 'Orders', body: 'hello' })).rejects.toThrow(/No accessKey is configured/)
    await consumer.start()
    await consumer.assign(await consumer.topicQueues('Orders'))
    const [message] = await consumer.poll({ max: 1, timeout: 20_000 })
    expect(message?.text()).toBe('hello')
  } finally {
    await Promise.all([producer.close(), stranger.close(), consumer.close()])
    await cluster.close()
  }
})
