import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  averageStrategy,
  circleStrategy,
  configuredStrategy,
  consistentHashStrategy,
  machineRoomStrategy,
} from '../../src/index.js'

const queues = (count: number) =>
  Array.from({ length: count }, (_, queueId) => ({ topic: 'T', brokerName: 'b', queueId }))
const ids = (count: number) => Array.from({ length: count }, (_, i) => `10.0.0.${i}@${i}`).sort()

describe.each([averageStrategy, circleStrategy, consistentHashStrategy])('$name', ({ allocate, name }) => {
  test('gives each queue to exactly one member', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 0, max: 60 }), (members, count) => {
        const clients = ids(members)
        const given = clients.flatMap((id) => allocate(id, clients, queues(count)).map((one) => one.queueId))
        expect(given.sort((a, b) => a - b)).toEqual(queues(count).map((one) => one.queueId))
        if (name === 'CONSISTENT_HASH') return
        const shares = clients.map((id) => allocate(id, clients, queues(count)).length)
        expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1)
      }),
    )
  })
})

test('AVG gives neighbours, AVG_BY_CIRCLE every n-th', () => {
  const clients = ['a', 'b', 'c']
  const of = (strategy: typeof averageStrategy) =>
    clients.map((id) => strategy.allocate(id, clients, queues(8)).map((one) => one.queueId))
  expect(of(averageStrategy)).toEqual([
    [0, 1, 2],
    [3, 4, 5],
    [6, 7],
  ])
  expect(of(circleStrategy)).toEqual([
    [0, 3, 6],
    [1, 4, 7],
    [2, 5],
  ])
})

test('CONSISTENT_HASH moves few queues when a member goes', () => {
  const before = ids(5)
  const after = before.slice(0, 4)
  const ownerOf = (clients: string[], queueId: number) =>
    clients.find((id) =>
      consistentHashStrategy.allocate(id, clients, queues(100)).some((one) => one.queueId === queueId),
    )
  const moved = queues(100).filter(({ queueId }) => ownerOf(before, queueId) !== ownerOf(after, queueId))
  expect(moved.every(({ queueId }) => ownerOf(before, queueId) === before[4])).toBe(true)
})

test('CONFIG gives the queues named, as far as they are there', () => {
  const own = [queues(8)[5]!, queues(8)[2]!, { topic: 'T', brokerName: 'gone', queueId: 0 }]
  expect(configuredStrategy(own).allocate('a', ['a', 'b'], queues(8))).toEqual([queues(8)[2], queues(8)[5]])
})

test('MACHINE_ROOM shares out the queues of its rooms, and no others', () => {
  const of = (brokerName: string) => queues(5).map((queue) => ({ ...queue, brokerName }))
  const all = [...of('east@a'), ...of('north@b'), ...of('plain')]
  const clients = ['a', 'b', 'c']
  const shares = clients.map((id) => machineRoomStrategy(['north']).allocate(id, clients, all))
  expect(shares.flat().every((queue) => queue.brokerName === 'north@b')).toBe(true)
  expect(shares.map((share) => share.map((queue) => queue.queueId))).toEqual([[0, 3], [1, 4], [2]])
})
