import { expect, test } from 'vitest'
import { DamageList } from '../src/damage-list.js'
import { createFileStore } from '../src/file-store.js'
import { silentLogger } from '@mq/io'
import { simulate } from '@mq/io/sim'
import { bodies, host, message, watchedDisk, world } from './support.js'

const config = { mappedFileSizeCommitLog: 8 << 20 }
const count = 3000

test('many damaged records cost no more than they take: the list is written once, and the log read a few times', async () => {
  // Checksums of blocks would make one stretch of neighbours.
  const made = await world(config, { checksums: false })
  const places: number[] = []
  for (let i = 0; i < count; i++) {
    const placed = made.store.append(message(`m${i}`.padEnd(1000)))
    if (placed.ok) places.push(placed.commitLogOffset)
  }
  await made.sim.run(2000)
  await made.sim.settle(made.store.close())
  const io = made.machine.restart()
  io.disk.removeTree('/store/consumequeue')
  const log = io.disk.open(`/store/commitlog/${'0'.repeat(20)}`)
  for (let i = 1; i < count; i += 2) log.write(Buffer.from([1]), places[i]! + 100)
  log.close()
  let lists = 0
  let bytesRead = 0
  const watched = watchedDisk(io, (name, [target], path) => {
    if (name === 'replaceWhole' && target === '/store/damaged.json') lists++
    if (name === 'readNow' && path?.includes('/commitlog/')) bytesRead += (target as Uint8Array).length
  })
  const store = createFileStore({ io: watched, directory: '/store', storeHost: host, config, checksums: false })
  await made.sim.settle(store.start())
  expect(lists).toBe(1)
  expect(bytesRead).toBeLessThan(20 * config.mappedFileSizeCommitLog)
  const { damages } = JSON.parse(Buffer.from(io.disk.readWhole('/store/damaged.json')!).toString())
  expect(damages.length).toBe(count / 2)
  const read = await bodies(store, 'TopicTest', 0, made.sim)
  expect(read).toEqual(Array.from({ length: count / 2 }, (_, i) => `m${2 * i}`.padEnd(1000)))
})

test('the list knows its stretches, those that overlap a new one give way, and only what is saved lasts', () => {
  const { disk } = simulate({ seed: 1 }).host('a').io
  disk.makeDirectory('/store')
  const loaded = (): DamageList => {
    const list = new DamageList(disk, '/store/damaged.json', silentLogger)
    list.load()
    return list
  }
  const list = loaded()
  for (const [from, to] of [
    [500, 600],
    [100, 200],
    [300, 400],
    [150, 320],
  ] as const)
    list.add({ from, to, reason: 'bad', foundMs: 1 })
  expect(loaded().count).toBe(0)
  list.save()
  const ends = [0, 149, 150, 319, 320, 499, 500, 599, 600].map((position) => loaded().endOfDamageAt(position))
  expect(ends).toEqual([undefined, undefined, 320, 320, undefined, undefined, 600, 600, undefined])
  expect([loaded().has(150, 320), loaded().has(150, 300), loaded().has(151, 320)]).toEqual([true, false, false])
  list.removeBefore(320)
  expect([loaded().count, loaded().endOfDamageAt(500)]).toEqual([1, 600])
  list.removeBefore(600)
  expect(disk.exists('/store/damaged.json')).toBe(false)
})

test('a record that was set aside for its queue offset is not found by key or place either', async () => {
  const made = await world({ mappedFileSizeCommitLog: 1 << 16 }, { checksums: false })
  const places: number[] = []
  for (let i = 0; i < 10; i++) {
    const placed = made.store.append(message(`m${i}`, { properties: 'KEYS\u0001k\u0002' }))
    if (placed.ok) places.push(placed.commitLogOffset)
  }
  await made.sim.run(2000)
  await made.sim.settle(made.store.close())
  const { disk } = made.machine.restart()
  disk.removeTree('/store/consumequeue')
  const log = disk.open(`/store/commitlog/${'0'.repeat(20)}`)
  log.write(Buffer.from([5]), places[6]! + 27)
  log.close()
  const store = await made.restart()
  const others = Array.from({ length: 10 }, (_, i) => `m${i}`).filter((body) => body !== 'm6')
  expect(await bodies(store, 'TopicTest', 0, made.sim)).toEqual(others)
  const query = { topic: 'TopicTest', key: 'k', maxMessages: 32, beginMs: 0, endMs: Infinity }
  expect((await made.sim.settle(store.query(query))).records).toHaveLength(9)
  const found = await made.sim.settle(Promise.all(places.map((place) => store.recordAt(place))))
  expect(found.map((record) => record !== undefined)).toEqual(places.map((_, i) => i !== 6))
})
