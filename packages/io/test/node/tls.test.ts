import { createPrivateKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import net from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import type { Address, Connection, ConnectOptions, Listener, TlsServerOptions } from '../../src/index.js'
import { nodeIo } from '../../src/node/index.js'

const pem = (name: string): string => readFileSync(new URL(`../fixtures/tls/${name}.pem`, import.meta.url), 'utf8')
const [cert, key, otherCert, otherKey] = [pem('cert'), pem('key'), pem('other-cert'), pem('other-key')]
const [expiredCert, expiredKey] = [pem('expired-cert'), pem('expired-key')]
const io = nodeIo()

describe('TLS', () => {
  let listener: Listener
  let refusals: { remote: Address; reason: string }[]
  let secures: boolean[]
  const opened: Connection[] = []
  afterEach(async () => {
    opened.splice(0).forEach((connection) => connection.destroy())
    await listener.close()
  })

  /** A server that sends everything back. */
  async function echo(tls: TlsServerOptions | undefined): Promise<Address> {
    refusals = []
    secures = []
    const onRefused = (remote: Address, reason: string): void => void refusals.push({ remote, reason })
    listener = await io.network.listen({ host: '127.0.0.1', port: 0, tls, onRefused }, (connection) => {
      secures.push(connection.secure)
      connection.onData = (bytes) => void connection.write([bytes])
    })
    return listener.address
  }

  async function connect(address: Address, tls?: ConnectOptions['tls']): Promise<Connection> {
    const connection = await io.network.connect({ ...address, tls })
    opened.push(connection)
    return connection
  }

  /** Sends, and waits for as many bytes; `closed` when the connection goes first. */
  function ask(connection: Connection, question: Uint8Array): Promise<string | 'closed'> {
    return new Promise((resolve) => {
      let answer = Buffer.alloc(0)
      connection.onData = (bytes) => {
        answer = Buffer.concat([answer, bytes])
        if (answer.length >= question.length) resolve(answer.toString())
      }
      connection.onClose = () => resolve('closed')
      connection.write([question.subarray(0, 2), question.subarray(2)])
    })
  }

  const hello = Buffer.from('hello')

  test('permissive: one port takes both', async () => {
    const address = await echo({ mode: 'permissive', key, cert })
    const plain = await connect(address)
    const secure = await connect(address, { ca: cert })
    expect([plain.secure, secure.secure]).toEqual([false, true])
    expect(await ask(plain, hello)).toBe('hello')
    expect(await ask(secure, hello)).toBe('hello')
    expect(secures).toEqual([false, true])
    expect(refusals).toEqual([])
  })

  test('a megabyte comes through whole', async () => {
    const address = await echo({ mode: 'enforcing', key, cert })
    const much = Buffer.alloc(1_000_000, 'abcdefg')
    expect(await ask(await connect(address, { ca: cert }), much)).toBe(much.toString())
  })

  test('enforcing: plain is turned away, with a reason', async () => {
    const address = await echo({ mode: 'enforcing', key, cert })
    const plain = await connect(address)
    expect(await ask(plain, hello)).toBe('closed')
    expect(refusals).toEqual([{ remote: plain.local, reason: expect.stringContaining('does not speak TLS') }])
    expect(secures).toEqual([])
  })

  test.each([undefined, { mode: 'disabled', key, cert } as const])(
    'disabled: a TLS hello is turned away',
    async (tls) => {
      const address = await echo(tls)
      await expect(connect(address, { ca: cert })).rejects.toMatchObject({ name: 'IoError' })
      expect(refusals).toEqual([{ remote: expect.anything(), reason: expect.stringContaining('TLS is switched off') }])
      expect(await ask(await connect(address), hello)).toBe('hello')
    },
  )

  test('permissive without a certificate: plain goes on, TLS hears why not', async () => {
    const address = await echo({ mode: 'permissive' })
    await expect(connect(address, { ca: cert })).rejects.toMatchObject({ name: 'IoError' })
    expect(refusals[0]!.reason).toContain('no certificate')
    expect(await ask(await connect(address), hello)).toBe('hello')
  })

  test('an unknown authority is refused, unless verification is off', async () => {
    const address = await echo({ mode: 'enforcing', key, cert })
    const connecting = connect(address)
    await connecting
    await expect(connect(address, {})).rejects.toMatchObject({ code: 'TLS_FAILED' })
    await expect(connect(address, {})).rejects.toThrow(/not signed by an authority known here/)
    expect(await ask(await connect(address, { rejectUnauthorized: false }), hello)).toBe('hello')
  })

  test('a certificate for another name is refused', async () => {
    const address = await echo({ mode: 'enforcing', key: otherKey, cert: otherCert })
    await expect(connect(address, { ca: otherCert })).rejects.toThrow(/another host name/)
    const named = await connect(address, { ca: otherCert, serverName: 'elsewhere' })
    expect(await ask(named, hello)).toBe('hello')
  })

  describe('client certificates', () => {
    const nobody = { ca: cert }
    const known = { ca: cert, key: otherKey, cert: otherCert }
    const stranger = { ca: cert, key, cert }
    const late = { ca: cert, key: expiredKey, cert: expiredCert }
    const asking = (clientCertificate: 'none' | 'optional' | 'require', ca = otherCert) =>
      echo({ mode: 'enforcing', key, cert, ca, clientCertificate })
    // With TLS 1.3 the client is done before the server has judged it: it is connected, then closed.
    const said = async (address: Address, tls: ConnectOptions['tls']) => ask(await connect(address, tls), hello)

    test('required: the right one passes, none does not', async () => {
      const address = await asking('require')
      expect(await said(address, known)).toBe('hello')
      expect(await said(address, nobody)).toBe('closed')
      expect(await said(address, stranger)).toBe('closed')
      expect(refusals.map(({ reason }) => reason)).toEqual([
        expect.stringMatching(/^its TLS handshake failed: it has no certificate, and .*tls\.client\.certPath/),
        expect.stringMatching(/^its TLS handshake failed: its certificate is not signed by an authority/),
      ])
    })

    test('optional: none passes too, a foreign one does not', async () => {
      const address = await asking('optional')
      expect(await said(address, known)).toBe('hello')
      expect(await said(address, nobody)).toBe('hello')
      expect(await said(address, stranger)).toBe('closed')
      expect(refusals[0]!.reason).toContain('not signed by an authority that is trusted here')
    })

    test('not asked for: all pass', async () => {
      const address = await asking('none')
      for (const tls of [nobody, known, stranger]) expect(await said(address, tls)).toBe('hello')
    })

    test('one that has expired does not pass', async () => {
      const address = await asking('require', expiredCert)
      expect(await said(address, late)).toBe('closed')
      expect(refusals[0]!.reason).toContain('its certificate has expired. Renew it')
    })
  })

  test('a server certificate that has expired is refused by clients that check, with what to do', async () => {
    const address = await echo({ mode: 'enforcing', key: expiredKey, cert: expiredCert })
    const failed = connect(address, { ca: expiredCert })
    await expect(failed).rejects.toMatchObject({ code: 'TLS_FAILED' })
    await expect(failed).rejects.toThrow(/the certificate has expired\. Renew it/)
    expect(await ask(await connect(address, { rejectUnauthorized: false }), hello)).toBe('hello')
  })

  describe('an encrypted key', () => {
    const cipher = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'open sesame' } as const
    const encrypted = createPrivateKey(key).export(cipher) as string

    test('is used with its password', async () => {
      const address = await echo({ mode: 'enforcing', key: encrypted, cert, passphrase: 'open sesame' })
      expect(await ask(await connect(address, { ca: cert }), hello)).toBe('hello')
    })

    test.each([
      [undefined, /the key is encrypted, and no password is given \(tls\.server\.keyPassword\)/],
      ['open barley', /the password of the key is wrong \(tls\.server\.keyPassword\)/],
    ])('and the password %j: said when listening starts', async (passphrase, sentence) => {
      await echo(undefined)
      const tls = { mode: 'enforcing', key: encrypted, cert, passphrase } as const
      await expect(io.network.listen({ host: '127.0.0.1', port: 0, tls }, () => {})).rejects.toThrow(sentence)
    })
  })

  test.each([
    ['that do not belong together', { key, cert: otherCert }, /key and certificate do not belong together/],
    ['that are no PEM', { key: 'half a ke', cert }, /cannot connect with TLS: .*it is no PEM/],
    ['of an authority that is none', { ca: '-----BEGIN CERTIFICATE-----\nxx' }, /cannot connect with TLS/],
  ])('keys and certificates %s are refused before anybody is connected to', (_, tls, sentence) => {
    expect(() => io.network.checkTls(tls)).toThrow(sentence)
    expect(() => io.network.checkTls({ key, cert, ca: cert })).not.toThrow()
  })

  test('renewed certificates are for new connections, and unusable ones for none', async () => {
    const address = await echo({ mode: 'enforcing', key, cert })
    const before = await connect(address, { ca: cert })
    listener.renewTls({ mode: 'enforcing', key: otherKey, cert: otherCert })
    await expect(connect(address, { ca: cert })).rejects.toMatchObject({ code: 'TLS_FAILED' })
    const renewed = { ca: otherCert, serverName: 'elsewhere' }
    expect(await ask(await connect(address, renewed), hello)).toBe('hello')
    expect(await ask(before, hello)).toBe('hello')
    expect(() => listener.renewTls({ mode: 'enforcing', key, cert: otherCert })).toThrow(/do not belong together/)
    expect(await ask(await connect(address, renewed), hello)).toBe('hello')
  })

  test('garbage after the first byte of a hello closes that connection only', async () => {
    const address = await echo({ mode: 'permissive', key, cert })
    const rude = await connect(address)
    expect(await ask(rude, Buffer.from('\x16garbage garbage garbage'))).toBe('closed')
    expect(refusals[0]).toEqual({ remote: rude.local, reason: expect.stringContaining('handshake failed') })
    expect(await ask(await connect(address), hello)).toBe('hello')
  })

  test('a TLS client of a plain server that answers in plain gets told', async () => {
    await echo(undefined)
    const plain = net.createServer((socket) => socket.on('error', () => {}).end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve))
    const { port } = plain.address() as net.AddressInfo
    await expect(connect({ host: '127.0.0.1', port }, {})).rejects.toMatchObject({ code: 'TLS_FAILED' })
    plain.close()
  })

  test('a certificate is made for the first hello, once for all', async () => {
    let made = 0
    const makeCertificate = async () => (made++, { key, cert })
    const address = await echo({ mode: 'enforcing', makeCertificate })
    expect(made).toBe(0)
    const both = await Promise.all([connect(address, { ca: cert }), connect(address, { ca: cert })])
    for (const one of both) expect(await ask(one, hello)).toBe('hello')
    expect(made).toBe(1)
  })

  test('a certificate that cannot be made is a reason, and tried again', async () => {
    let fails = true
    const makeCertificate = async () => (fails ? Promise.reject(new Error('no luck')) : { key, cert })
    const address = await echo({ mode: 'permissive', makeCertificate })
    await expect(connect(address, { ca: cert })).rejects.toMatchObject({ name: 'IoError' })
    expect(refusals[0]!.reason).toContain('no luck')
    fails = false
    expect(await ask(await connect(address, { ca: cert }), hello)).toBe('hello')
  })

  test('an unusable or missing certificate is found when listening starts', async () => {
    await echo(undefined)
    const listen = (tls: TlsServerOptions): Promise<Listener> =>
      io.network.listen({ host: '127.0.0.1', port: 0, tls }, () => {})
    await expect(listen({ mode: 'enforcing' })).rejects.toMatchObject({ code: 'TLS_FAILED' })
    await expect(listen({ mode: 'permissive', key, cert: 'no certificate' })).rejects.toMatchObject({
      code: 'TLS_FAILED',
    })
    await expect(listen({ mode: 'permissive', key: otherKey, cert })).rejects.toThrow(/key or certificate is unusable/)
  })
})
