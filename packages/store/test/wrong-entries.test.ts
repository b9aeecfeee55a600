import { silentLogger } from '@mq/io'
import { writeInt64 } from '@mq/protocol'
import { describe, expect, test } from 'vitest'
import type { MessageStore } from '../src/message-store.js'
import { bodies, message, put, recordsOf, world, type World } from './support.js'

const config = { mappedFileSizeCommitLog: 1 << 16, mappedFileSizeConsumeQueue: 400 }
const queueFile = '/store/consumequeue/TopicTest/0/00000000000000000000'
/** Entry 3 of the queue is made wrong. */
const wrong = 3
const others = ['a0', 'a1', 'a2', 'a4', 'a5', 'a6', 'a7', 'a8', 'a9']

interface Filled extends World {
  logged: string[]
  /** Commit log offsets by body; all records have the same size. */
  places: Map<string, number>
}

async function filled(): Promise<Filled> {
  const logged: string[] = []
  const error = (_: object, sentence: string) => void logged.push(sentence)
  const made = await world(config, { logger: { ...silentLogger, error } as typeof silentLogger })
  const places = new Map<string, number>()
  const append = async (body: string, more: object) => {
    places.set(body, made.store.stats().commitLogMaxOffset)
    await made.sim.settle(put(made.store, message(body, more)))
  }
  for (let i = 0; i < 10; i++) {
    await append(`a${i}`, {})
    await append(`b${i}`, { queueId: 1 })
    await append(`c${i}`, { topic: 'TopicTwin' })
  }
  return Object.assign(made, { logged, places })
}

function leadTo({ machine }: World, position: number): void {
  const bytes = Buffer.alloc(8)
  writeInt64(bytes, position, 0)
  machine.io.disk.open(queueFile).write(bytes, wrong * 20)
}

/** All of it with a filter that reads the records, too. */
async function filtered({ sim }: World, store: MessageStore): Promise<string[]> {
  const request = { topic: 'TopicTest', queueId: 0, queueOffset: 0, maxMessages: 32, matchesRecord: () => true }
  const { pieces } = await sim.settle(Promise.resolve(store.get(request)))
  return recordsOf(pieces).map(({ body }) => body.toString())
}

describe.each([
  ['another queue', 'b3', 'offset 3 of TopicTest queue 1'],
  ['another topic', 'c3', 'offset 3 of TopicTwin queue 0'],
  ['another place of its queue', 'a8', 'offset 8 of TopicTest queue 0'],
])('an entry on the disk that leads to a message of %s', (_, body, whose) => {
  const told = [
    expect.stringMatching(new RegExp(`^${queueFile} at byte 60 is damaged: .* offset 3 .*${whose}.*mq store repair`)),
  ]

  test('which is read from the disk, too', async () => {
    const made = await filled()
    await made.sim.settle(made.store.close())
    made.machine.restart()
    leadTo(made, made.places.get(body)!)
    const store = await made.restart()
    expect(await bodies(store, 'TopicTest', 0, made.sim)).toEqual(others)
    expect(await filtered(made, store)).toEqual(others)
    expect(made.logged).toEqual(told)
  })

  test('which is still in memory', async () => {
    const made = await filled()
    await made.sim.run(200_000)
    leadTo(made, made.places.get(body)!)
    expect(await bodies(made.store, 'TopicTest', 0, made.sim)).toEqual(others)
    expect(await filtered(made, made.store)).toEqual(others)
    expect(made.logged).toEqual(told)
  })
})

test.each([
  ['into a record', 'the record at 1 of the commit log is damaged (', 1],
  ['behind the log', 'there is no place for a record of', 2 ** 40],
  ['in front of the log', 'there is no place for a record of', -(2 ** 62)],
])('an entry that leads %s hides no other message, in memory or not', async (_, problem, position) => {
  for (const isInMemory of [true, false]) {
    const made = await filled()
    if (isInMemory) await made.sim.run(200_000)
    else await made.sim.settle(made.store.close())
    if (!isInMemory) made.machine.restart()
    leadTo(made, position)
    const store = isInMemory ? made.store : await made.restart()
    expect(await bodies(store, 'TopicTest', 0, made.sim)).toEqual(others)
    expect(made.logged).toEqual([expect.stringContaining(problem)])
    expect(made.logged[0]).toContain(`${queueFile} at byte 60`)
  }
})
