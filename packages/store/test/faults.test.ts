import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { bodies, message, put, world } from './support.js'
import { onSmallDisk, whyNoSmallDisk } from './small-disk.js'

describe('a disk that fails', () => {
  test('the first failed sync stops appends for good, and fails who waits', async () => {
    let failing = false
    let syncs = 0
    const made = await world(
      {},
      {
        sim: {
          faults: {
            diskError: (_host, call, path) => {
              if (call !== 'sync' || !path.includes('commitlog')) return undefined
              syncs++
              return failing ? 'IO_FAILED' : undefined
            },
          },
        },
      },
    )
    expect(await made.sim.settle(put(made.store, message('kept')))).toBe('OK')
    failing = true
    const before = syncs
    const waiting = [put(made.store, message('a')), put(made.store, message('b'))]
    expect(await made.sim.settle(Promise.all(waiting))).toEqual(['FAILED', 'FAILED'])
    failing = false
    await made.sim.run(10_000)
    expect(syncs).toBe(before + 1)
    const refused = made.store.append(message('c'))
    expect(refused).toMatchObject({
      ok: false,
      reason: 'SERVICE_NOT_AVAILABLE',
      message: expect.stringContaining('restart'),
    })
    expect(made.store.refusal).toMatch(/cannot sync .*commitlog/)
    // What was not kept for sure is not shown.
    expect(await bodies(made.store)).toEqual(['kept'])
    await made.sim.settle(made.store.close())
    expect(made.machine.io.disk.exists('/store/abort')).toBe(true)
    await made.restart({ losePower: true })
    expect(await bodies(made.store, 'TopicTest', 0, made.sim)).toEqual(['kept'])
    expect(await made.sim.settle(put(made.store, message('d')))).toBe('OK')
  })

  test('what recovery found after a failed sync outlasts a power loss, though the system took it for synced', async () => {
    let failing = false
    const made = await world(
      {},
      {
        sim: {
          faults: {
            diskError: (_h, call, path) =>
              failing && call === 'sync' && path.includes('commitlog') ? 'IO_FAILED' : undefined,
          },
        },
      },
    )
    expect(await made.sim.settle(put(made.store, message('kept')))).toBe('OK')
    failing = true
    expect(await made.sim.settle(put(made.store, message('unsure')))).toBe('FAILED')
    failing = false
    await made.restart()
    expect(await made.sim.settle(put(made.store, message('behind it')))).toBe('OK')
    await made.restart({ losePower: true })
    expect(await bodies(made.store, 'TopicTest', 0, made.sim)).toEqual(['kept', 'unsure', 'behind it'])
  })

  test('a write that fails for another reason than space stops appends for good', async () => {
    let failing = false
    const made = await world(
      {},
      {
        sim: {
          faults: {
            diskError: (_h, call, path) =>
              failing && call === 'write' && path.includes('commitlog') ? 'IO_FAILED' : undefined,
          },
        },
      },
    )
    failing = true
    expect(await made.sim.settle(put(made.store, message('a')))).toBe('FAILED')
    failing = false
    await made.sim.run(10_000)
    expect(made.store.append(message('b')).ok).toBe(false)
  })

  test('a full disk: refused with a sentence, reads go on, taken again when there is space', async () => {
    let failing = false
    const made = await world(
      {},
      {
        sim: {
          faults: {
            diskError: (_h, call, path) =>
              failing && call === 'write' && path.includes('commitlog') ? 'NO_SPACE' : undefined,
          },
        },
      },
    )
    await made.sim.settle(put(made.store, message('before')))
    failing = true
    expect(await made.sim.settle(put(made.store, message('while')))).toBe('FAILED')
    expect(made.store.refusal).toContain('free some space')
    expect(await bodies(made.store)).toEqual(['before'])
    await made.sim.run(5000)
    expect(made.store.refusal).toBeDefined()
    failing = false
    await made.sim.run(2000)
    expect(made.store.refusal).toBeUndefined()
    expect(await made.sim.settle(put(made.store, message('after')))).toBe('OK')
    expect(await bodies(made.store)).toEqual(['before', 'while', 'after'])
    await made.sim.settle(made.store.close())
    await made.restart()
    expect(await bodies(made.store, 'TopicTest', 0, made.sim)).toEqual(['before', 'while', 'after'])
  })

  test('consume queues that cannot be written are written later', async () => {
    let failing = true
    const made = await world(
      {},
      {
        sim: {
          faults: {
            diskError: (_h, call, path) =>
              failing && call === 'write' && path.includes('consumequeue') ? 'NO_SPACE' : undefined,
          },
        },
      },
    )
    for (let i = 0; i < 5000; i++) made.store.append(message(`m${i}`))
    expect(await made.sim.settle(put(made.store, message('last')))).toBe('OK')
    await made.sim.run(3000)
    expect(made.store.maxOffset('TopicTest', 0)).toBe(5001)
    failing = false
    await made.sim.run(3000)
    await made.sim.settle(made.store.close())
    await made.restart()
    expect(made.store.maxOffset('TopicTest', 0)).toBe(5001)
  })

  test('a sync that takes too long is answered FLUSH_DISK_TIMEOUT; the message is there in the end', async () => {
    let syncMs = 1
    const made = await world({}, { sim: { faults: { syncMs: () => syncMs } } })
    await made.sim.settle(put(made.store, message('quick')))
    syncMs = 20_000
    expect(await made.sim.settle(put(made.store, message('slow')))).toBe('FLUSH_DISK_TIMEOUT')
    expect(made.sim.elapsedMs).toBeLessThan(7000)
    expect(made.store.maxOffset('TopicTest', 0)).toBe(1)
    await made.sim.until(() => made.store.maxOffset('TopicTest', 0) === 2)
  })
})

test('a callback or a listener that throws does not keep the others waiting', async () => {
  const { sim, store } = await world()
  store.onArrival(() => {
    throw new Error('listener')
  })
  const first = store.append(message('a'))
  if (first.ok)
    store.whenAcknowledged(first.endOffset, true, () => {
      throw new Error('callback')
    })
  expect(await sim.settle(put(store, message('b')))).toBe('OK')
  expect(await sim.settle(put(store, message('c')))).toBe('OK')
})

test('after close, and before start, everything is refused and answered', async () => {
  const { sim, store } = await world()
  const result = store.append(message('a'))
  const waiting = put(store, message('b'))
  await sim.settle(store.close())
  expect(await sim.settle(waiting)).toBe('OK')
  expect(store.append(message('c'))).toMatchObject({ ok: false, message: expect.stringContaining('closed') })
  expect(
    await sim.settle(new Promise((done) => store.whenAcknowledged(result.ok ? result.endOffset + 999 : 0, true, done))),
  ).toBe('FAILED')
})

// Not a skipped test: there is nothing that could be installed for it.
const noSmallDisk = whyNoSmallDisk()
if (noSmallDisk !== undefined) console.info(`not run: a disk that is really full: ${noSmallDisk}`)
else
  test('a disk that is really full: refused with path, use and what to do, read on, and taken again when there is space', () => {
    const program = fileURLToPath(new URL('full-disk-process.ts', import.meta.url))
    const node = ['--conditions=@mq/source', '--import', import.meta.resolve('tsx')]
    const { stdout, stderr } = onSmallDisk(process.execPath, ...node, program)
    expect(stderr).toBe('')
    const seen = JSON.parse(stdout) as { acknowledged: number; readWhileFull: number }
    expect(seen).toMatchObject({
      code: 'NOT_WRITABLE',
      message: expect.stringMatching(
        /cannot write .*\/store\/.*; the disk that holds .*\/store\/commitlog is \d+ % full \(\d+ \w+ used, \d+ \w+ free\): free some space, messages are taken again by themselves$/,
      ),
      first: 'kept',
      last: 'again',
    })
    expect(seen.acknowledged).toBeGreaterThan(0)
    expect(seen.readWhileFull).toBe(seen.acknowledged + 1)
  }, 180_000)
