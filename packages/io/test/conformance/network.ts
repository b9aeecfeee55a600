import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Connection, IoError, Listener } from '../../src/index.js'
import type { TestWorld } from './world.js'

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString()

/** Keeps what a connection tells. */
class Ear {
  bytes = Buffer.alloc(0)
  closes: (IoError | undefined)[] = []
  drains = 0
  #wake: () => void = () => {}

  constructor(readonly connection: Connection) {
    connection.onData = (bytes) => {
      this.bytes = Buffer.concat([this.bytes, bytes])
      this.#wake()
    }
    connection.onClose = (error) => {
      this.closes.push(error)
      this.#wake()
    }
    connection.onDrain = () => {
      this.drains++
      this.#wake()
    }
  }

  async when(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => (this.#wake = resolve))
  }
}

export function networkConformance(createWorld: () => TestWorld): void {
  describe('network', () => {
    let world: TestWorld
    let listeners: Listener[]
    beforeEach(() => {
      world = createWorld()
      listeners = []
    })
    afterEach(async () => {
      await Promise.all(listeners.map((listener) => listener.close()))
      world.close()
    })

    async function listen(accept: (connection: Connection) => void): Promise<Listener> {
      const listener = await world.settle(world.io.network.listen({ host: '127.0.0.1', port: 0 }, accept))
      listeners.push(listener)
      return listener
    }

    async function pair(): Promise<{ client: Ear; server: Ear }> {
      let server: Ear | undefined
      const listener = await listen((connection) => (server = new Ear(connection)))
      const client = new Ear(await world.settle(world.io.network.connect(listener.address)))
      client.connection.write([Buffer.from('?')])
      const heard = async (): Promise<void> => {
        while (!server) await new Promise<void>((resolve) => world.io.clock.after(1, resolve))
        await server.when(() => server!.bytes.length === 1)
      }
      await world.settle(heard())
      server!.bytes = Buffer.alloc(0)
      return { client, server: server! }
    }

    test('bytes arrive in order, pieces or not, in both directions', async () => {
      const { client, server } = await pair()
      expect(client.connection.write([Buffer.from('ab'), Buffer.from(''), Buffer.from('cd')])).toBe(true)
      expect(client.connection.write([Buffer.from('ef')])).toBe(true)
      expect(server.connection.write([Buffer.from('gh')])).toBe(true)
      await world.settle(
        Promise.all([server.when(() => server.bytes.length >= 6), client.when(() => client.bytes.length >= 2)]),
      )
      expect(text(server.bytes)).toBe('abcdef')
      expect(text(client.bytes)).toBe('gh')
    })

    test('both sides know each other', async () => {
      const { client, server } = await pair()
      expect(client.connection.remote).toEqual(server.connection.local)
      expect(client.connection.local).toEqual(server.connection.remote)
      expect(client.connection.local.host).toBe('127.0.0.1')
      expect(client.connection.secure).toBe(false)
    })

    test('end sends what is waiting, then both sides close, once, without an error', async () => {
      const { client, server } = await pair()
      const much = Buffer.alloc(3_000_000, 'x')
      client.connection.write([much])
      client.connection.end()
      expect(client.connection.write([Buffer.from('too late')])).toBe(false)
      await world.settle(
        Promise.all([server.when(() => server.closes.length > 0), client.when(() => client.closes.length > 0)]),
      )
      expect(server.bytes.length).toBe(much.length)
      expect([client.closes, server.closes]).toEqual([[undefined], [undefined]])
      client.connection.destroy()
      server.connection.end()
      await world.pass(20)
      expect([client.closes.length, server.closes.length]).toEqual([1, 1])
    })

    test('destroy closes both sides; onClose never runs inside it', async () => {
      const { client, server } = await pair()
      client.connection.destroy()
      expect(client.closes).toEqual([])
      expect(client.connection.write([Buffer.from('x')])).toBe(false)
      await world.settle(
        Promise.all([server.when(() => server.closes.length > 0), client.when(() => client.closes.length > 0)]),
      )
      expect(client.closes).toEqual([undefined])
      expect(server.closes.length).toBe(1)
    })

    test('a peer that stops reading holds the writer up; drain comes once all has left', async () => {
      const { client, server } = await pair()
      server.connection.pause()
      const piece = Buffer.alloc(100_000, 'y')
      let sent = 0
      do sent += piece.length
      while (client.connection.write([piece]) && sent < 100_000_000)
      expect(sent).toBeLessThan(100_000_000)
      expect(client.connection.bufferedBytes).toBeGreaterThan(0)
      await world.pass(20)
      expect(client.drains).toBe(0)
      const receivedWhilePaused = server.bytes.length
      await world.pass(20)
      expect(server.bytes.length).toBe(receivedWhilePaused)
      server.connection.resume()
      await world.settle(client.when(() => client.drains > 0))
      expect(client.connection.bufferedBytes).toBe(0)
      await world.settle(server.when(() => server.bytes.length === sent))
      expect(client.drains).toBe(1)
    })

    test('what comes before onData is set is kept for it', async () => {
      let accepted: Connection | undefined
      const listener = await listen((connection) => (accepted = connection))
      const client = await world.settle(world.io.network.connect(listener.address))
      client.write([Buffer.from('early')])
      await world.pass(20)
      const server = new Ear(accepted!)
      await world.settle(server.when(() => server.bytes.length === 5))
      expect(text(server.bytes)).toBe('early')
    })

    test('a piece received is the receiver’s: later ones do not change it', async () => {
      const { client, server } = await pair()
      const pieces: Uint8Array[] = []
      server.connection.onData = (bytes) => void pieces.push(bytes)
      for (const letter of 'abc') {
        client.connection.write([Buffer.from(letter.repeat(1000))])
        await world.pass(10)
      }
      expect(pieces.map(text).join('')).toBe('a'.repeat(1000) + 'b'.repeat(1000) + 'c'.repeat(1000))
    })

    test('a closed listener takes nobody, its connections go on', async () => {
      const { client, server } = await pair()
      const { address } = listeners[0]!
      await world.settle(listeners[0]!.close())
      await expect(world.settle(world.io.network.connect(address))).rejects.toMatchObject({ code: 'CONNECT_REFUSED' })
      client.connection.write([Buffer.from('still here')])
      await world.settle(server.when(() => server.bytes.length === 10))
      const again = await world.settle(world.io.network.listen(address, () => {}))
      listeners.push(again)
      expect(again.address).toEqual(address)
    })

    test('a port that is taken is named', async () => {
      const { address } = await listen(() => {})
      const second = world.settle(world.io.network.listen(address, () => {}))
      await expect(second).rejects.toMatchObject({ code: 'ADDRESS_IN_USE', name: 'IoError' })
      await expect(second).rejects.toThrow(`127.0.0.1:${address.port}`)
    })

    test('an address of another machine is refused', async () => {
      const listening = world.settle(world.io.network.listen({ host: '203.0.113.7', port: 0 }, () => {}))
      await expect(listening).rejects.toMatchObject({ code: 'ADDRESS_NOT_AVAILABLE' })
    })

    test('an unknown host name is said to be unknown', async () => {
      const connecting = world.settle(world.io.network.connect({ host: 'no-such-host.invalid', port: 1 }))
      await expect(connecting).rejects.toMatchObject({ code: 'HOST_NOT_FOUND' })
    })

    test('connecting can be aborted, before and after it began', async () => {
      const { address } = await listen(() => {})
      const before = world.io.network.connect({ ...address, signal: AbortSignal.abort() })
      await expect(before).rejects.toMatchObject({ code: 'ABORTED' })
      const controller = new AbortController()
      const after = world.io.network.connect({ ...address, signal: controller.signal })
      controller.abort()
      await expect(after).rejects.toMatchObject({ code: 'ABORTED' })
    })
  })
}
