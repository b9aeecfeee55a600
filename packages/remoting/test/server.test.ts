import { encodeFrame, requestCommand, ResponseCode, type ReceivedCommand } from '@mq/protocol'
import { describe, expect, test } from 'vitest'
import { RemotingError, ResponseError, type Channel } from '../src/index.js'
import { pair } from './helpers.js'

describe('calls', () => {
  test('are answered, each with its own answer', async () => {
    const { sim, server, client, address } = await pair()
    server.handle(7, (request) => ({ code: 0, extFields: { twice: String(Number(request.extFields!['n']) * 2) } }))
    const calls = Array.from({ length: 300 }, (_, n) => client.call(address, requestCommand(7, { n: String(n) })))
    const answers = await sim.settle(Promise.all(calls))
    expect(answers.map(({ extFields }) => extFields!['twice'])).toEqual(calls.map((_, n) => String(n * 2)))
  })

  test('carry bodies of any size, both ways', async () => {
    const { sim, server, client, address } = await pair()
    server.handle(7, (request) => ({ code: 0, body: request.body! }))
    for (const size of [1, 4096, 4097, 70_000, 3_000_000]) {
      const body = Buffer.alloc(size, size % 251)
      const answer = await sim.settle(client.call(address, requestCommand(7, {}, body), { timeoutMs: 60_000 }))
      expect(Buffer.from(answer.body!).equals(body)).toBe(true)
    }
  })

  test('may be answered later and out of order', async () => {
    const { sim, server, client, address } = await pair()
    const held: [ReceivedCommand, Channel][] = []
    server.handle(7, (request, channel) => void held.push([request, channel]))
    const calls = [1, 2, 3].map((n) => client.call(address, requestCommand(7, { n: String(n) })))
    await sim.until(() => held.length === 3, 1000)
    for (const [request, channel] of held.reverse()) channel.answer(request, { code: 0, extFields: request.extFields! })
    const answers = await sim.settle(Promise.all(calls))
    expect(answers.map(({ extFields }) => extFields!['n'])).toEqual(['1', '2', '3'])
  })

  test('go from the server to its client as well', async () => {
    const { sim, server, client, address } = await pair()
    let seen: Channel | undefined
    server.handle(7, (_request, channel) => {
      seen = channel
      return { code: 0 }
    })
    client.handle(307, (request) => ({ code: 0, extFields: { from: 'client', asked: request.extFields!['q']! } }))
    await sim.settle(client.call(address, requestCommand(7)))
    const answer = await sim.settle(seen!.call(requestCommand(307, { q: 'running info' })))
    expect(answer.extFields).toEqual({ from: 'client', asked: 'running info' })
  })

  test('that are one-way get no answer, even from a handler that gives one', async () => {
    const { sim, server, client, address } = await pair()
    let seen = 0
    server.handle(15, () => {
      seen++
      return { code: 0 }
    })
    await sim.settle(client.send(address, requestCommand(15)))
    await sim.until(() => seen === 1, 1000)
    await sim.run(100)
    expect([...server.channels]).toHaveLength(1)
  })
})

describe('errors', () => {
  test('an unknown code is answered REQUEST_CODE_NOT_SUPPORTED, with its number', async () => {
    const { sim, client, address } = await pair()
    const answer = await sim.settle(client.call(address, requestCommand(4711)))
    expect(answer).toMatchObject({
      code: ResponseCode.REQUEST_CODE_NOT_SUPPORTED,
      remark: expect.stringContaining('4711'),
    })
  })

  test('a ResponseError is answered as it says, anything else without its inner text', async () => {
    const { sim, server, client, address, logs } = await pair()
    server.handle(1, () => {
      throw new ResponseError(ResponseCode.TOPIC_NOT_EXIST, 'no such topic')
    })
    server.handle(2, async () => {
      throw new Error('password=secret')
    })
    const [known, unknown] = await sim.settle(
      Promise.all([client.call(address, requestCommand(1)), client.call(address, requestCommand(2))]),
    )
    expect(known).toMatchObject({ code: 17, remark: 'no such topic' })
    expect(unknown!.code).toBe(ResponseCode.SYSTEM_ERROR)
    expect(unknown!.remark).not.toContain('secret')
    expect(logs.join()).toContain('password=secret')
  })

  test.each([
    ['garbage', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'), 'HTTP'],
    ['a frame that is too long', Buffer.from([0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0]), 'the limit is'],
    ['a header that is no JSON', Buffer.from([0, 0, 0, 8, 0, 0, 0, 4, 1, 2, 3, 4]), 'header'],
    ['a header longer than its frame', Buffer.from([0, 0, 0, 8, 0, 0, 1, 0, 1, 2, 3, 4]), 'announces'],
    ['an unknown serialize type', Buffer.from([0, 0, 0, 8, 9, 0, 0, 4, 1, 2, 3, 4]), 'serialize type 9'],
  ])('%s closes that connection alone, with one log line', async (_name, bytes, words) => {
    const { sim, server, serverHost, clientHost, client, address, logs } = await pair()
    server.handle(7, () => ({ code: 0 }))
    await sim.settle(client.call(address, requestCommand(7)))
    let closed = false
    const raw = await sim.settle(clientHost.io.network.connect({ host: serverHost.address, port: 10911 }))
    raw.onData = () => {}
    raw.onClose = () => (closed = true)
    raw.write([bytes])
    await sim.until(() => closed, 5000)
    expect(logs.filter((line) => line.includes(words))).toHaveLength(1)
    expect((await sim.settle(client.call(address, requestCommand(7)))).code).toBe(0)
  })

  test('a call without answer ends at its time, and a late answer is dropped', async () => {
    const { sim, server, client, clientHost, address } = await pair()
    const held: [ReceivedCommand, Channel][] = []
    server.handle(7, (request, channel) => void held.push([request, channel]))
    const from = clientHost.io.clock.monotonic()
    const error = await sim.settle(client.call(address, requestCommand(7), { timeoutMs: 500 }).catch((e: unknown) => e))
    expect(error).toBeInstanceOf(RemotingError)
    expect(error).toMatchObject({ code: 'TIMEOUT', details: { phase: 'wait', address } })
    expect(clientHost.io.clock.monotonic() - from).toBeGreaterThanOrEqual(500)
    expect(clientHost.io.clock.monotonic() - from).toBeLessThan(600)
    held[0]![1].answer(held[0]![0], { code: 0 })
    await sim.run(100)
  })

  test('plain calls to a server that takes TLS only say what may be wrong', async () => {
    const { sim, serverHost, server, client, logs } = await pair()
    const tls = { mode: 'enforcing', key: 'k', cert: 'c' } as const
    const { port } = await sim.settle(server.listen({ host: serverHost.address, port: 0, tls }))
    const call = client.call(`${serverHost.address}:${port}`, requestCommand(7))
    await expect(sim.settle(call)).rejects.toThrow(/without a word: perhaps it takes TLS connections only/)
    expect(logs.join()).toMatch(/connection of 10\.\S+ refused: it does not speak TLS/)
  })

  test('a lost connection fails its calls at once and the next call makes a new one', async () => {
    const { sim, server, client, address } = await pair()
    server.handle(7, (_request, channel) => channel.close())
    server.handle(8, () => ({ code: 0 }))
    const events: string[] = []
    client.onConnection(({ state }) => events.push(state))
    const error = await sim.settle(client.call(address, requestCommand(7)).catch((e: unknown) => e))
    expect(error).toMatchObject({ code: 'CONNECTION_LOST' })
    expect((await sim.settle(client.call(address, requestCommand(8)))).code).toBe(0)
    expect(events).toEqual(['connected', 'lost', 'connected'])
  })

  test('a refused connect says so, and further calls wait for the next try', async () => {
    const { sim, client, serverHost } = await pair()
    const nobody = `${serverHost.address}:1`
    const first = await sim.settle(client.call(nobody, requestCommand(7)).catch((e: unknown) => e))
    expect(first).toMatchObject({ code: 'CONNECT_FAILED', details: { phase: 'connect' } })
    const second = await sim.settle(client.call(nobody, requestCommand(7)).catch((e: unknown) => e))
    expect((second as Error).message).toContain('next try')
  })

  test('an aborted call ends at once', async () => {
    const { sim, server, client, address } = await pair()
    server.handle(7, () => undefined)
    const abort = new AbortController()
    const call = client.call(address, requestCommand(7), { signal: abort.signal }).catch((e: unknown) => e)
    await sim.run(50)
    abort.abort()
    expect(await sim.settle(call)).toMatchObject({ code: 'ABORTED' })
  })

  test('a call that is aborted while its connection is made ends at once, and the others go on', async () => {
    const { sim, client, serverHost, address } = await pair()
    serverHost.kill({ losePower: true })
    const abort = new AbortController()
    const call = client.call(address, requestCommand(7), { signal: abort.signal }).catch((e: unknown) => e)
    const other = client.call(address, requestCommand(7), { timeoutMs: 2000 }).catch((e: unknown) => e)
    await sim.run(50)
    abort.abort()
    const fromMs = sim.elapsedMs
    expect(await sim.settle(call)).toMatchObject({ code: 'ABORTED', details: { phase: 'connect' } })
    expect(sim.elapsedMs - fromMs).toBeLessThan(10)
    expect(await sim.settle(other)).toMatchObject({ code: 'TIMEOUT' })
  })
})

describe('connections', () => {
  test('that are idle are closed', async () => {
    const { sim, server, client, address } = await pair({ client: { idleMs: 10_000_000 } })
    server.handle(7, () => ({ code: 0 }))
    await sim.settle(client.call(address, requestCommand(7)))
    await sim.run(110_000)
    expect(server.channels.size).toBe(1)
    await sim.run(30_000)
    expect(server.channels.size).toBe(0)
  })

  test('are told of once when they are gone', async () => {
    const { sim, server, client, address } = await pair()
    server.handle(7, () => ({ code: 0 }))
    const gone: Channel[] = []
    server.onChannelClosed((channel) => gone.push(channel))
    await sim.settle(client.call(address, requestCommand(7)))
    await sim.settle(client.close())
    await sim.until(() => gone.length > 0, 5000)
    await sim.run(1000)
    expect(gone).toHaveLength(1)
    expect(gone[0]!.open).toBe(false)
  })

  test('of a peer with too many open requests are not read from until some are answered', async () => {
    const { sim, server, client, address } = await pair({ server: { unansweredMax: 10 } })
    const held: [ReceivedCommand, Channel][] = []
    server.handle(7, (request, channel) => void held.push([request, channel]))
    const body = Buffer.alloc(100_000)
    const calls = Array.from({ length: 40 }, () =>
      client.call(address, requestCommand(7, {}, body), { timeoutMs: 60_000 }),
    )
    await sim.run(2000)
    expect(held.length).toBeLessThan(40)
    let answered = 0
    while (answered < 40) {
      for (const [request, channel] of held.splice(0)) {
        channel.answer(request, { code: 0 })
        answered++
      }
      await sim.run(500)
    }
    await sim.settle(Promise.all(calls))
  })

  test('a code kept off a port is not supported there', async () => {
    const { sim, server, serverHost, client, address } = await pair()
    server.handle(11, () => ({ code: 0 }))
    await sim.settle(server.listen({ host: serverHost.address, port: 10909, except: new Set([11]) }))
    expect((await sim.settle(client.call(address, requestCommand(11)))).code).toBe(0)
    expect((await sim.settle(client.call(`${serverHost.address}:10909`, requestCommand(11)))).code).toBe(3)
  })

  test('closing the client fails what waits and leaves nothing behind', async () => {
    const { sim, server, client, address } = await pair()
    server.handle(7, () => undefined)
    const call = client.call(address, requestCommand(7)).catch((e: unknown) => e)
    await sim.run(50)
    await sim.settle(client.close())
    expect(await sim.settle(call)).toMatchObject({ code: 'CLOSED' })
    const after = await sim.settle(client.call(address, requestCommand(7)).catch((e: unknown) => e))
    expect(after).toMatchObject({ code: 'CLOSED' })
  })
})

test('frames are taken whole however the stream is cut', async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const { sim, server, clientHost, serverHost } = await pair({ seed })
    const seen: string[] = []
    server.handle(7, (request) => void seen.push(request.extFields!['n']!))
    const raw = await sim.settle(clientHost.io.network.connect({ host: serverHost.address, port: 10911 }))
    raw.onData = () => {}
    raw.onClose = () => {}
    const bytes = Buffer.concat(
      Array.from({ length: 50 }, (_, n) => encodeFrame(requestCommand(7, { n: String(n) }, Buffer.alloc(n * 13)))),
    )
    for (let at = 0; at < bytes.length; at += 1 + ((at * 31 + seed) % 97)) {
      const end = Math.min(bytes.length, at + 1 + ((at * 31 + seed) % 97))
      raw.write([bytes.subarray(at, end)])
    }
    await sim.run(2000)
    expect(seen).toEqual(Array.from({ length: 50 }, (_, n) => String(n)))
  }
})
