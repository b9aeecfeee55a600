import { describe, expect, test } from 'vitest'
import type { Connection, IoError } from '../../src/index.js'
import { type Faults, type SimHost, type Simulation, simulate } from '../../src/sim/index.js'

interface Line {
  sim: Simulation
  server: SimHost
  client: SimHost
  clientEnd: Connection
  serverEnd: Connection
  received: Uint8Array[]
  clientCloses: (IoError | undefined)[]
  serverCloses: (IoError | undefined)[]
}

async function line(faults: Partial<Faults> = {}, seed = 1): Promise<Line> {
  const sim = simulate({ seed, faults })
  const [server, client] = [sim.host('server'), sim.host('client')]
  const made = { sim, server, client, received: [], clientCloses: [], serverCloses: [] } as unknown as Line
  await sim.settle(
    server.io.network.listen({ host: '0.0.0.0', port: 9000 }, (connection) => {
      made.serverEnd = connection
      connection.onData = (bytes) => made.received.push(bytes)
      connection.onClose = (error) => made.serverCloses.push(error)
    }),
  )
  made.clientEnd = await sim.settle(client.io.network.connect({ host: 'server', port: 9000 }))
  made.clientEnd.onData = () => {}
  made.clientEnd.onClose = (error) => made.clientCloses.push(error)
  return made
}

describe('simulated network', () => {
  test('pieces are split and joined on the way, differently by seed, and nothing is lost', async () => {
    const shapes = new Set<string>()
    for (const seed of [1, 2, 3, 4]) {
      const { sim, clientEnd, received } = await line({}, seed)
      const sent: Buffer[] = []
      for (let i = 0; i < 100; i++) {
        const piece = Buffer.alloc(500, i)
        sent.push(piece)
        clientEnd.write([piece])
        if (i % 3 === 0) await sim.run(0.2)
      }
      await sim.run(100)
      expect(Buffer.compare(Buffer.concat(received), Buffer.concat(sent))).toBe(0)
      const sizes = received.map((bytes) => bytes.length)
      expect(sizes.some((size) => size < 500)).toBe(true)
      expect(sizes.some((size) => size > 500)).toBe(true)
      shapes.add(sizes.join())
    }
    expect(shapes.size).toBe(4)
  })

  test('the sender may use its memory again once the bytes are taken', async () => {
    const { sim, clientEnd, received } = await line()
    const reused = Buffer.from('first')
    clientEnd.write([reused])
    expect(clientEnd.bufferedBytes).toBe(0)
    reused.fill('x')
    await sim.run(10)
    expect(Buffer.concat(received).toString()).toBe('first')
  })

  test('addresses: by name or number; loopback stays on its host', async () => {
    const { sim, client, server, clientEnd } = await line()
    expect(clientEnd.remote).toEqual({ host: server.address, port: 9000 })
    expect(clientEnd.local.host).toBe(client.address)
    await sim.settle(client.io.network.connect({ host: server.address, port: 9000 }))
    const own = client.io.network.connect({ host: '127.0.0.1', port: 9000 })
    await expect(sim.settle(own)).rejects.toMatchObject({ code: 'CONNECT_REFUSED' })
    await sim.settle(client.io.network.listen({ host: '127.0.0.1', port: 9001 }, () => {}))
    const foreign = server.io.network.connect({ host: 'client', port: 9001 })
    await expect(sim.settle(foreign)).rejects.toMatchObject({ code: 'CONNECT_REFUSED' })
  })

  test('an address that nobody has is given up after the timeout', async () => {
    const { sim, client } = await line()
    const began = sim.elapsedMs
    const connecting = client.io.network.connect({ host: '10.9.9.9', port: 1, timeoutMs: 700 })
    await expect(sim.settle(connecting)).rejects.toMatchObject({ code: 'CONNECT_TIMEOUT' })
    expect(sim.elapsedMs - began).toBe(700)
  })

  test('kill: the peer sees a broken connection, the dead sees nothing', async () => {
    const { sim, server, clientEnd, clientCloses, serverCloses, serverEnd } = await line()
    server.kill()
    expect(serverEnd.write([Buffer.from('from beyond')])).toBe(false)
    await sim.run(10)
    expect(clientCloses).toMatchObject([{ code: 'CONNECTION_RESET' }])
    expect(clientEnd.write([Buffer.from('x')])).toBe(false)
    expect(serverCloses).toEqual([])
  })

  test('kill: what the system had taken before still arrives', async () => {
    const { sim, client, clientEnd, received, serverCloses } = await line()
    clientEnd.write([Buffer.from('last words')])
    client.kill()
    await sim.run(10)
    expect(Buffer.concat(received).toString()).toBe('last words')
    expect(serverCloses.length).toBe(1)
  })

  test('kill: timers and listeners are gone; a restart may listen again', async () => {
    const { sim, server, client } = await line()
    let ticks = 0
    server.io.clock.every(10, () => ticks++)
    server.kill()
    await sim.run(100)
    expect(ticks).toBe(0)
    const connect = (): Promise<Connection> => client.io.network.connect({ host: 'server', port: 9000 })
    await expect(sim.settle(connect())).rejects.toMatchObject({ code: 'CONNECT_REFUSED' })
    const oldPid = server.io.host.pid
    const io = server.restart()
    expect(io.host.pid).not.toBe(oldPid)
    await sim.settle(io.network.listen({ host: '0.0.0.0', port: 9000 }, () => {}))
    await sim.settle(connect())
  })

  test('power loss: the peer hears nothing until the machine is back and knows nothing', async () => {
    const { sim, server, client, clientEnd, clientCloses } = await line()
    server.kill({ losePower: true })
    clientEnd.write([Buffer.from('anybody?')])
    await sim.run(60_000)
    expect(clientCloses).toEqual([])
    const connecting = client.io.network.connect({ host: 'server', port: 9000 })
    await expect(sim.settle(connecting)).rejects.toMatchObject({ code: 'CONNECT_TIMEOUT' })
    server.restart()
    await sim.run(1000)
    expect(clientCloses).toMatchObject([{ code: 'CONNECTION_RESET' }])
  })

  test('power loss for good: the writer gives up after a quarter of an hour', async () => {
    const { sim, server, clientEnd, clientCloses } = await line()
    server.kill({ losePower: true })
    clientEnd.write([Buffer.from('anybody?')])
    await sim.run(901_000)
    expect(clientCloses).toMatchObject([{ code: 'CONNECTION_RESET' }])
  })

  test('a partition holds bytes back and lets them through, in order, when it heals', async () => {
    let parted = false
    const { sim, clientEnd, received } = await line({ reachable: () => !parted })
    parted = true
    for (const word of ['a', 'b', 'c']) clientEnd.write([Buffer.from(word)])
    await sim.run(5000)
    expect(received).toEqual([])
    parted = false
    await sim.run(1000)
    expect(Buffer.concat(received).toString()).toBe('abc')
  })

  test('a slow network is as slow as it says', async () => {
    const { sim, clientEnd, received } = await line({ latencyMs: () => 40 })
    clientEnd.write([Buffer.from('x')])
    await sim.run(39.999)
    expect(received).toEqual([])
    await sim.run(0.001)
    expect(received.length).toBe(1)
  })

  test('TLS modes are kept, without the cryptography', async () => {
    const { sim, server, client } = await line()
    const refusals: string[] = []
    const listen = (port: number, mode: 'permissive' | 'enforcing' | 'disabled'): Promise<unknown> =>
      server.io.network.listen(
        { host: '0.0.0.0', port, tls: { mode, key: 'k', cert: 'c' }, onRefused: (_, reason) => refusals.push(reason) },
        () => {},
      )
    await sim.settle(Promise.all([listen(1, 'permissive'), listen(2, 'enforcing'), listen(3, 'disabled')]))
    const connect = (port: number, tls?: object): Promise<Connection> =>
      sim.settle(client.io.network.connect({ host: 'server', port, tls }))
    expect((await connect(1)).secure).toBe(false)
    expect((await connect(1, {})).secure).toBe(true)
    expect((await connect(2, {})).secure).toBe(true)
    await expect(connect(3, {})).rejects.toMatchObject({ code: 'TLS_FAILED' })
    const plain = await connect(2)
    let closed = false
    plain.onData = () => {}
    plain.onClose = () => (closed = true)
    await sim.until(() => closed, 100)
    expect(refusals.length).toBe(2)
  })
})
