import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FakeCluster } from '../fake-cluster.js'
import { openConsole } from '../open-console.js'

let opened: Awaited<ReturnType<typeof openConsole>>
beforeEach(async () => {
  opened = await openConsole()
})
afterEach(() => opened.close())

const json = { 'content-type': 'application/json' }

describe('bad input', () => {
  it.each([
    ['not JSON', '{"body":', 400, 'BAD_REQUEST'],
    ['nothing', '', 400, 'BAD_REQUEST'],
    ['no object', '[]', 400, 'BAD_REQUEST'],
    ['a body that is no text', '{"body":5}', 400, 'BAD_REQUEST'],
    ['an unknown field', '{"body":"a","bodi":"b"}', 400, 'BAD_REQUEST'],
    ['broken base64', '{"body":"%%%","encoding":"base64"}', 400, 'BAD_REQUEST'],
    ['an unknown encoding', '{"body":"a","encoding":"utf16"}', 400, 'BAD_REQUEST'],
    ['half a queue', '{"body":"a","queueId":1}', 400, 'BAD_REQUEST'],
    ['a negative queue', '{"body":"a","brokerName":"broker-a","queueId":-1}', 400, 'BAD_REQUEST'],
    ['properties that are no texts', '{"body":"a","properties":{"x":1}}', 400, 'BAD_REQUEST'],
  ])('a message of %s is refused with a sentence and a next step', async (_what, body, status, code) => {
    const answer = await opened.ask('/api/topics/Orders/messages', { method: 'POST', headers: json, body })
    expect(answer.status).toBe(status)
    expect(answer.json.error).toEqual({
      code,
      message: expect.stringMatching(/\w{3}/),
      next: expect.stringMatching(/\.$/),
    })
    expect(opened.cluster.calls.get('send')).toBeUndefined()
  })

  it('bytes that are no UTF-8 are refused', async () => {
    const body = Buffer.concat([Buffer.from('{"body":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')])
    expect((await opened.ask('/api/topics/Orders/messages', { method: 'POST', headers: json, body })).status).toBe(400)
  })

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/jsonx', ''])(
    'the content type %j, which a foreign form could send, is refused',
    async (type) => {
      const headers: Record<string, string> = type === '' ? {} : { 'content-type': type }
      const answer = await opened.ask('/api/topics/Orders/messages', { method: 'POST', headers, body: '{"body":"a"}' })
      expect(answer.status).toBe(415)
    },
  )

  it('a body that says it is too large is refused before it is read', async () => {
    const answer = await firstAnswer(
      opened.port,
      'POST /api/topics HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 99999999\r\n\r\n',
    )
    expect(answer).toMatch(/^HTTP\/1\.1 413 /)
    expect(answer.toLowerCase()).toContain('connection: close')
  })

  it('a body that does not say is refused when it gets too large', async () => {
    const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`
    const head =
      'POST /api/topics HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n'
    expect(await firstAnswer(opened.port, head + chunk.repeat(6))).toMatch(/^HTTP\/1\.1 413 /)
  })

  it('a message body above what brokers take is refused', async () => {
    const answer = await opened.post('/api/topics/Orders/messages', { body: 'x'.repeat(4 * 1024 * 1024 + 1) })
    expect(answer).toMatchObject({ status: 400, json: { error: { message: expect.stringContaining('4194304') } } })
  })

  it.each([
    'GET / HTTP/9\r\n\r\n',
    '\x16\x03\x01\x02\x00\x01',
    '\0\0\0\0\0\0',
    `GET /${'a'.repeat(40_000)} HTTP/1.1\r\n\r\n`,
  ])('bytes that are no HTTP end their connection and nothing else: %#', async (bytes) => {
    expect(await firstAnswer(opened.port, bytes)).toMatch(/^(HTTP\/1\.1 4\d\d |$)/)
    expect((await opened.ask('/api/cluster')).status).toBe(200)
  })

  it.each([
    ['DELETE', '/api/topics', 405],
    ['POST', '/api/cluster', 405],
    ['PUT', '/api/topics/Orders', 405],
    ['GET', '/api', 404],
    ['GET', '/api/', 404],
    ['GET', '/api/../api/nothing', 404],
    ['GET', '/api/topics/%', 400],
    ['GET', '/api/topics/%E0%A4%A', 400],
    ['GET', '/api/topics/..%2f..%2fetc', 400],
    ['GET', '/api/topics/a%00b', 400],
    ['GET', `/api/topics/${'a'.repeat(10_000)}`, 400],
    ['GET', '/api/topics/%E4%B8%BB%E9%A2%98', 400],
    ['GET', '/api/topics/Missing', 404],
    ['GET', '/api/topics/Orders/messages?count=0', 400],
    ['GET', '/api/topics/Orders/messages?count=101', 400],
    ['GET', '/api/topics/Orders/messages?count=1e3', 400],
    ['GET', '/api/topics/Orders/messages?offset=-1&queueId=0', 400],
    ['GET', '/api/topics/Orders/messages?offset=5', 400],
    ['GET', '/api/topics/Orders/messages?queueId=99', 404],
    ['GET', '/api/topics/Orders/messages?broker=other', 404],
    ['GET', '/api/topics/Orders/messages/broker-a/0/99', 404],
    ['GET', '/api/topics/Orders/messages/broker-a/x/0', 400],
  ])('%s %s is answered %s', async (method, path, status) => {
    const headers = method === 'POST' ? json : {}
    const answer = await opened.ask(path, { method, headers })
    expect(answer.status).toBe(status)
    expect(answer.json.error).toMatchObject({ code: expect.any(String), message: expect.any(String) })
    expect(answer.json.error.next).not.toBe('')
  })

  it('a fault of the console tells nothing of its insides, and the log all', async () => {
    const cluster = new FakeCluster()
    cluster.failures.set('brokers', new TypeError('secret inside'))
    const logged: object[] = []
    const log = (fields: object) => void logged.push(fields)
    const logger = { debug: log, info: log, warn: log, error: log, child: () => logger }
    const faulty = await openConsole(cluster, { logger })
    const answer = await faulty.ask('/api/cluster')
    await faulty.close()
    expect(answer.status).toBe(500)
    expect(answer.text).not.toContain('secret')
    expect(logged).toMatchObject([{ err: { message: 'secret inside' } }])
  })
})

/** What comes back for raw bytes, until the server closes or has answered. */
function firstAnswer(port: number, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(Buffer.from(bytes, 'latin1')))
    socket.on('data', (piece) => {
      text += piece.toString('latin1')
      if (text.includes('\r\n\r\n')) socket.destroy()
    })
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(text))
    if (!bytes.startsWith('POST')) socket.end()
  })
}
