import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { DiskFile, Io } from '../../src/index.js'
import { type Faults, simulate } from '../../src/sim/index.js'

const bytes = (text: string): Uint8Array => Buffer.from(text)

function machine(faults: Partial<Faults> = {}, diskBytes?: number) {
  const sim = simulate({ seed: 1, faults })
  const host = sim.host('a', { diskBytes })
  const crash = (): Io => {
    host.kill({ losePower: true })
    return host.restart()
  }
  const contentOf = (io: Io, path: string): string | undefined => {
    const content = io.disk.readWhole(path)
    return content && Buffer.from(content).toString()
  }
  return { sim, host, crash, contentOf }
}

function durableFile(io: Io, path: string, content: string): DiskFile {
  const file = io.disk.open(path, { create: true })
  file.write(bytes(content), 0)
  file.syncNow()
  io.disk.syncDirectory('/')
  return file
}

describe('simulated disk', () => {
  test('a kill keeps what was written, a power loss only what was synced', async () => {
    const { sim, host, crash, contentOf } = machine()
    const file = durableFile(host.io, '/f', 'safe')
    file.write(bytes(' and not'), 4)
    host.kill()
    host.restart()
    expect(contentOf(host.io, '/f')).toBe('safe and not')
    expect(contentOf(crash(), '/f')).toBe('safe')
    await sim.run(10)
  })

  test('a sync covers what was written before it, not what comes while it runs', async () => {
    const { sim, host, crash, contentOf } = machine({ syncMs: () => 10 })
    const file = durableFile(host.io, '/f', '')
    file.write(bytes('one'), 0)
    const first = file.sync()
    file.write(bytes('X'), 0)
    file.write(bytes('two'), 3)
    await sim.settle(first)
    expect(contentOf(host.io, '/f')).toBe('Xnetwo')
    expect(contentOf(crash(), '/f')).toBe('one')
  })

  test('syncs that overlap each cover their own', async () => {
    const delays = [10, 3]
    const { sim, host, crash, contentOf } = machine({ syncMs: () => delays.shift()! })
    const file = durableFile(host.io, '/f', '')
    file.write(bytes('a'), 0)
    void file.sync()
    file.write(bytes('b'), 1)
    const second = file.sync()
    file.write(bytes('c'), 2)
    await sim.settle(second)
    expect(contentOf(crash(), '/f')).toBe('ab')
  })

  test('a sync that power cuts off has covered nothing', async () => {
    const { sim, host, crash, contentOf } = machine({ syncMs: () => 10 })
    const file = durableFile(host.io, '/f', 'old')
    file.write(bytes('new'), 0)
    let done = false
    void file.sync().then(() => (done = true))
    await sim.run(9)
    const io = crash()
    await sim.run(100)
    expect([done, contentOf(io, '/f')]).toEqual([false, 'old'])
  })

  test('names last only when their folder is synced', () => {
    const { host, crash } = machine()
    const { disk } = host.io
    disk.makeDirectory('/d')
    for (const name of ['kept', 'renamed', 'removed']) disk.open(`/d/${name}`, { create: true }).close()
    disk.syncDirectory('/d')
    disk.open('/d/new', { create: true }).close()
    disk.rename('/d/renamed', '/d/other')
    disk.remove('/d/removed')
    expect(disk.list('/d')).toEqual(['kept', 'new', 'other'])
    expect(crash().disk.list('/d')).toEqual(['kept', 'removed', 'renamed'])
  })

  test('replaceWhole lasts by itself', () => {
    const { host, crash, contentOf } = machine()
    host.io.disk.replaceWhole('/config', bytes('1'))
    host.io.disk.replaceWhole('/config', bytes('2'))
    const io = crash()
    expect([contentOf(io, '/config'), io.disk.list('/')]).toEqual(['2', ['config']])
  })

  test('truncation is undone, too, when it was not synced', () => {
    const { host, crash, contentOf } = machine()
    const file = durableFile(host.io, '/f', 'x'.repeat(10_000))
    file.truncate(3)
    file.truncate(100)
    expect(contentOf(host.io, '/f')).toBe('xxx' + '\0'.repeat(97))
    expect(contentOf(crash(), '/f')).toBe('x'.repeat(10_000))
  })

  test('sectors may survive by luck, where the faults say so', () => {
    const { host, crash, contentOf } = machine({ survives: (_host, _path, sector) => sector === 1 })
    const file = durableFile(host.io, '/f', 'a'.repeat(600))
    file.write(bytes('b'.repeat(2000)), 0)
    expect(contentOf(crash(), '/f')).toBe('a'.repeat(512) + 'b'.repeat(512))
  })

  test('after a power loss it is the last synced state, whatever was done', async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('write' as const), at: fc.nat(20_000), size: fc.integer({ min: 1, max: 9000 }) }),
      fc.record({ do: fc.constant('truncate' as const), at: fc.nat(20_000), size: fc.constant(0) }),
      fc.record({ do: fc.constant('sync' as const), at: fc.constant(0), size: fc.constant(0) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const { host, crash } = machine()
        const file = durableFile(host.io, '/f', '')
        let now = Buffer.alloc(0)
        let synced = now
        steps.forEach(({ do: what, at, size }, i) => {
          if (what === 'sync') {
            file.syncNow()
            synced = now
          } else if (what === 'truncate') {
            file.truncate(at)
            now = Buffer.concat([now.subarray(0, at), Buffer.alloc(Math.max(0, at - now.length))])
          } else {
            file.write(Buffer.alloc(size, i + 1), at)
            const grown = Buffer.alloc(Math.max(now.length, at + size))
            now.copy(grown)
            now = grown.fill(i + 1, at, at + size)
          }
        })
        expect(Buffer.compare(host.io.disk.readWhole('/f')!, now)).toBe(0)
        expect(Buffer.compare(crash().disk.readWhole('/f')!, synced)).toBe(0)
      }),
      { seed: 1, numRuns: 200 },
    )
  })

  test('a full disk refuses, and has room again after a removal', () => {
    const { host } = machine({}, 100_000)
    const { disk } = host.io
    const file = disk.open('/f', { create: true })
    file.write(new Uint8Array(80_000), 0)
    expect(() => file.write(new Uint8Array(80_000), 80_000)).toThrow(expect.objectContaining({ code: 'NO_SPACE' }))
    expect(disk.space('/').freeBytes).toBeLessThan(20_001)
    file.truncate(0)
    expect(disk.space('/').freeBytes).toBe(100_000)
    file.write(new Uint8Array(80_000), 0)
    disk.remove('/f')
    expect(disk.space('/').freeBytes).toBe(100_000)
    file.truncate(0) // Its space was given back already.
    expect(disk.space('/').freeBytes).toBe(100_000)
  })

  test('faults fail the calls they name', async () => {
    const { sim, host } = machine({ diskError: (_host, call) => (call === 'sync' ? 'IO_FAILED' : undefined) })
    const file = host.io.disk.open('/f', { create: true })
    file.write(bytes('x'), 0)
    await expect(sim.settle(file.sync())).rejects.toMatchObject({ code: 'IO_FAILED' })
    expect(() => file.syncNow()).toThrow(/cannot sync \/f/)
  })

  test('a dead process harms nothing, and its locks are free', async () => {
    const { sim, host, contentOf } = machine()
    const old = host.io
    const file = durableFile(old, '/f', 'kept')
    old.disk.lock('/lock')
    host.kill()
    const io = host.restart()
    file.write(bytes('harm'), 0)
    file.truncate(0)
    old.disk.replaceWhole('/f', bytes('harm'))
    old.disk.removeTree('/f')
    let settled = false
    void file.sync().then(() => (settled = true))
    await sim.run(100)
    expect([contentOf(io, '/f'), settled]).toEqual(['kept', false])
    const lock = io.disk.lock('/lock')
    expect(() => io.disk.lock('/lock')).toThrow(`process ${io.host.pid}`)
    lock.release()
  })
})
