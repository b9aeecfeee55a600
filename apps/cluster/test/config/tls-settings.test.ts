import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { Producer, PullConsumer } from '@mq/client'
import { silentLogger, type Logger } from '@mq/io'
import { generate } from 'selfsigned'
import { afterAll, describe, expect, test, vi } from 'vitest'
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

test('files towards name servers are read again when they change', () => {
  const paths = [file('own.key', 'KEY'), file('own.pem', 'CERT'), file('ca.pem', 'CA')]
  const [keyPath, certPath, trustCertPath] = paths as [string, string, string]
  const { client } = take({
    ...{ 'tls.enable': 'true', 'tls.client.authServer': 'true', 'tls.client.keyPassword': 'sesame' },
    ...{ 'tls.client.keyPath': keyPath, 'tls.client.certPath': certPath, 'tls.client.trustCertPath': trustCertPath },
  })
  expect(client).toMatchObject({ key: 'KEY', cert: 'CERT', ca: 'CA', rejectUnauthorized: true, source: { paths } })
  file('own.pem', 'RENEWED')
  expect(client?.source?.read()).toMatchObject({ key: 'KEY', cert: 'RENEWED', passphrase: 'sesame', source: { paths } })
  expect(take({ 'tls.enable': 'true' }).client).toMatchObject({ rejectUnauthorized: false, source: undefined })
})

test('what cannot be is said', () => {
  expect(() => take({ 'tls.server.keyPath': '/nowhere.pem' })).toThrow(/nowhere\.pem cannot be read \(ENOENT\)/)
  expect(() => take({ 'tls.server.need.client.auth': 'require' })).toThrow(/needs tls\.server\.authClient=true/)
  const required = { 'tls.server.need.client.auth': 'require', 'tls.server.authClient': 'true' }
  expect(() => take(required)).toThrow(/needs tls\.server\.trustCertPath/)
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

describe('with certificates in files', { timeout: 60_000 }, () => {
  const made = (name: string, notAfterDate = new Date(Date.now() + 86_400_000)) =>
    generate([{ name: 'commonName', value: name }], {
      ...{ keyType: 'ec', curve: 'P-256', algorithm: 'sha256', notAfterDate },
      notBeforeDate: new Date(Date.UTC(2020, 0, 1)),
    } as const)
  const serverFiles = {
    'tls.server.keyPath': join(folder, 'server.key'),
    'tls.server.certPath': join(folder, 'server.pem'),
  }
  const writeServer = async (name: string) => {
    const { private: key, cert } = await made(name)
    file('server.key', key)
    file('server.pem', cert)
  }
  const startWith = (entries: Record<string, string>, logger?: Logger) => {
    const { server } = take({ 'tls.server.mode': 'enforcing', ...serverFiles, ...entries })
    const client = { rejectUnauthorized: false, key: pemIn('client.key'), cert: pemIn('client.pem') }
    return startLocalCluster({ memory: true, namesrvPort: 0, brokerPort: 0, tls: { server, client }, logger })
  }
  const pemIn = (name: string) =>
    existsSync(join(folder, name)) ? readFileSync(join(folder, name), 'utf8') : undefined

  /** The name in the certificate that somebody who connects now is shown. */
  const shownBy = (address: string) =>
    new Promise<string>((done, failed) => {
      const [host, port] = address.split(':')
      const socket = connect({ host, port: Number(port), rejectUnauthorized: false }, () => {
        done(socket.getPeerCertificate().subject.CN as string)
        socket.destroy()
      })
      socket.on('error', failed)
    })

  test('new ones count for new connections, and what is no certificate for none', async () => {
    await writeServer('first')
    const errors: string[] = []
    const logger: Logger = { ...silentLogger, child: () => logger, error: (_, message) => void errors.push(message) }
    const cluster = await startWith({}, logger)
    try {
      expect(await shownBy(cluster.brokerAddress)).toBe('first')
      await writeServer('second')
      const waiting = { timeout: 20_000, interval: 200 }
      await vi.waitFor(async () => expect(await shownBy(cluster.brokerAddress)).toBe('second'), waiting)
      await vi.waitFor(async () => expect(await shownBy(cluster.namesrv)).toBe('second'), waiting)
      file('server.pem', 'no certificate')
      await vi.waitFor(() => expect(errors.join()).toMatch(/certificates of .* stay as they were: .*unusable/), waiting)
      expect(await shownBy(cluster.brokerAddress)).toBe('second')
    } finally {
      await cluster.close()
    }
  })

  test('clients need one of an authority that is trusted', async () => {
    await writeServer('server')
    const { private: key, cert } = await made('client')
    file('client.key', key)
    const trusted = file('client.pem', cert)
    const mutual = { 'tls.server.need.client.auth': 'require', 'tls.server.authClient': 'true' }
    const cluster = await startWith({ ...mutual, 'tls.server.trustCertPath': trusted })
    const { namesrv } = cluster
    const known = new Producer({ namesrv, tls: { rejectUnauthorized: false, key, cert }, timeout: 20_000 })
    const stranger = new Producer({ namesrv, tls: { rejectUnauthorized: false }, timeout: 5000 })
    try {
      await known.start()
      expect(await known.send({ topic: 'Orders', body: 'hello' })).toMatchObject({ status: 'SEND_OK' })
      await expect(stranger.start().then(() => stranger.send({ topic: 'Orders', body: 'x' }))).rejects.toThrow()
    } finally {
      await Promise.all([known.close(), stranger.close()])
      await cluster.close()
    }
  })

  test('one that has expired is named at start', async () => {
    const { private: key, cert } = await made('old', new Date(Date.UTC(2020, 0, 2)))
    file('server.key', key)
    file('server.pem', cert)
    expect(take(serverFiles).text).toMatch(/server\.pem, which has expired on 2020-01-02: renew it/)
  })
})
