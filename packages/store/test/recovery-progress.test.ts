import { silentLogger, type Clock } from '@mq/io'
import { expect, test } from 'vitest'
import { createFileStore } from '../src/file-store.js'
import { recoveryText, type RecoveryProgress } from '../src/index.js'
import { host, message, put, world } from './support.js'

test('a recovery that takes longer than a second tells once a second how far it is', async () => {
  const made = await world()
  const body = Buffer.alloc(1 << 20)
  for (let i = 0; i < 40; i++) await made.sim.settle(put(made.store, message(body)))
  made.machine.kill()
  const io = made.machine.restart()
  // Each look at the clock takes 0.3 s, as if reading were that slow.
  let nowMs = 0
  const clock: Clock = Object.create(io.clock, { monotonic: { value: () => (nowMs += 300) } })
  const told: RecoveryProgress[] = []
  const logged: string[] = []
  const logger = { ...silentLogger, info: (_: object, sentence: string) => void logged.push(sentence) }
  const store = createFileStore({
    io: { ...io, clock, network: io.network, disk: io.disk, random: io.random, host: io.host },
    directory: '/store',
    storeHost: host,
    logger: logger as typeof silentLogger,
    onRecovery: (progress) => told.push(progress),
  })
  await made.sim.settle(store.start())
  expect(told.length).toBeGreaterThan(1)
  expect(told.length).toBeLessThan(5)
  for (const [i, { doneBytes, totalBytes, elapsedMs }] of told.entries()) {
    expect(elapsedMs).toBeGreaterThanOrEqual(1000 * (i + 1))
    expect(doneBytes).toBeGreaterThan(told[i - 1]?.doneBytes ?? 0)
    expect(doneBytes).toBeLessThanOrEqual(totalBytes)
  }
  expect(logged.filter((sentence) => sentence.startsWith('recovering'))).toEqual(told.map(recoveryText))
  expect(recoveryText({ doneBytes: 512 << 20, totalBytes: 1 << 30, elapsedMs: 2400 })).toBe(
    'recovering: 512 of at most 1,024 MiB of the commit log read (50 %), 2 s',
  )
})

test('a short one tells nothing', async () => {
  const told: RecoveryProgress[] = []
  const made = await world({}, { onRecovery: (progress) => told.push(progress) })
  await made.sim.settle(put(made.store, message('x')))
  await made.restart()
  expect(told).toEqual([])
})
