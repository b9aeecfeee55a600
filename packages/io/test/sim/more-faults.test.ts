import { expect, test } from 'vitest'
import { type Faults, simulate } from '../../src/sim/index.js'

test('a paused process does nothing; what was due meanwhile happens when it goes on', async () => {
  const sim = simulate({ seed: 1 })
  const host = sim.host('a')
  const fired: number[] = []
  host.io.clock.after(100, () => fired.push(sim.elapsedMs))
  const cancelled = host.io.clock.after(200, () => fired.push(-1))
  host.pause()
  await sim.run(1000)
  expect(fired).toEqual([])
  cancelled.cancel()
  host.resume()
  await sim.run(1)
  expect(fired).toEqual([1000])
})

test('a paused process gets the bytes that came meanwhile when it goes on', async () => {
  const sim = simulate({ seed: 1 })
  const server = sim.host('server')
  let got = ''
  await sim.settle(
    server.io.network.listen({ host: '0.0.0.0', port: 1 }, (one) => {
      one.onData = (bytes) => (got += Buffer.from(bytes).toString())
    }),
  )
  const connection = await sim.settle(sim.host('client').io.network.connect({ host: 'server', port: 1 }))
  await sim.run(10)
  server.pause()
  connection.write([Buffer.from('hello')])
  await sim.run(1000)
  expect(got).toBe('')
  server.resume()
  await sim.run(1)
  expect(got).toBe('hello')
})

test('half-open: the other side learns of it when it sends something', async () => {
  const sim = simulate({ seed: 1 })
  const server = sim.host('server')
  const closed: string[] = []
  await sim.settle(
    server.io.network.listen({ host: '0.0.0.0', port: 1 }, (one) => {
      one.onData = () => {}
      one.onClose = () => closed.push('server')
    }),
  )
  const connection = await sim.settle(sim.host('client').io.network.connect({ host: 'server', port: 1 }))
  connection.onData = () => {}
  connection.onClose = () => closed.push('client')
  await sim.run(10)
  expect(server.loseConnections('client', { halfOpen: true })).toBe(1)
  await sim.run(10_000)
  expect(closed).toEqual(['server'])
  connection.write([Buffer.from('anyone?')])
  await sim.run(10)
  expect(closed).toEqual(['server', 'client'])
})

test('after a sync that failed, a later one does not make the same bytes last', async () => {
  const faults: Partial<Faults> = {}
  const sim = simulate({ seed: 1, faults })
  const host = sim.host('a')
  const file = host.io.disk.open('/f', { create: true })
  host.io.disk.syncDirectory('/')
  file.write(Buffer.from('x'), 0)
  faults.diskError = (_host, call) => (call === 'sync' ? 'IO_FAILED' : undefined)
  expect(() => file.syncNow()).toThrow(/cannot sync/)
  delete faults.diskError
  file.syncNow()
  host.kill({ losePower: true })
  expect(Buffer.from(host.restart().disk.readWhole('/f')!).includes('x')).toBe(false)
})

test('damage is on the disk and in memory, and outlasts a power loss', async () => {
  const sim = simulate({ seed: 1 })
  const host = sim.host('a')
  host.io.disk.replaceWhole('/f', Buffer.from([1, 2, 3]))
  host.damage('/f', 1, 0x80)
  expect([...host.io.disk.readWhole('/f')!]).toEqual([1, 0x82, 3])
  host.kill({ losePower: true })
  expect([...host.restart().disk.readWhole('/f')!]).toEqual([1, 0x82, 3])
})
