import { silentLogger } from '@mq/io'
import { expect, test } from 'vitest'
import type { MessageStore } from '../src/message-store.js'
import { bodies, message, put, recordsOf, world, type World } from './support.js'

/*
 * At each start the consume queues are cut where they lead behind what is known of the log. What a disk spoilt must not pass for that.
 */
const config = { mappedFileSizeCommitLog: 1 << 16, mappedFileSizeConsumeQueue: 4000 }
const queueFile = `/store/consumequeue/TopicTest/0/${'0'.repeat(20)}`
const numbered = (count: number) => Array.from({ length: count }, (_, i) => `message ${i}`)

interface Told extends World {
  warnings: string[]
  errors: string[]
}

async function told(more: object = {}): Promise<Told> {
  const warnings: string[] = []
  const warn = (_: object, sentence: string) => void warnings.push(sentence)
  const errors: string[] = []
  const error = (_: object, sentence: string) => void errors.push(sentence)
  const logger = { ...silentLogger, warn, error } as typeof silentLogger
  return Object.assign(await world({ ...config, ...more }, { logger }), { warnings, errors })
}

async function fill({ sim, store }: World, sent: readonly string[]): Promise<void> {
  for (const body of sent.slice(0, -1)) store.append(message(body))
  await sim.settle(put(store, message(sent.at(-1)!)))
}

/** More of another topic, to make one or two more files of the log, and checkpoints that vouch for everything before it. */
async function checkpointed({ sim, store }: World, count = 900): Promise<void> {
  await sim.run(70_000)
  for (let i = 0; i < count; i++) store.append(message('x'.repeat(60), { topic: 'Other' }))
  await sim.run(10_000)
  await sim.settle(put(store, message('later', { topic: 'Other' })))
  await sim.run(70_000)
}

/** The queue offset that the next message gets. */
async function offsetOfNext({ sim }: World, store: MessageStore, queueOffset: number): Promise<number | undefined> {
  await sim.settle(put(store, message('next')))
  const request = { topic: 'TopicTest', queueId: 0, queueOffset, maxMessages: 1 }
  const { pieces } = await sim.settle(Promise.resolve(store.get(request)))
  return recordsOf(pieces)[0]?.queueOffset
}

const zero = ({ machine }: World, path: string, at: number, count: number) => {
  const file = machine.io.disk.open(path)
  file.write(new Uint8Array(count), at)
  file.close()
}

test.each(['close', 'kill'])(
  'entries that became zero in front of others: the queue keeps its end, and readers are told (%s)',
  async (stop) => {
    const made = await told()
    const sent = numbered(300)
    await fill(made, sent)
    await checkpointed(made)
    if (stop === 'close') await made.sim.settle(made.store.close())
    else made.machine.kill()
    made.machine.restart()
    zero(made, queueFile, 140 * 20, 20 * 20)
    const store = await made.restart()
    expect(store.maxOffset('TopicTest', 0)).toBe(300)
    const found = await bodies(store, 'TopicTest', 0, made.sim)
    expect(sent.filter((body, i) => (i < 140 || i >= 160) && !found.includes(body))).toEqual([])
    expect(made.errors).toHaveLength(20)
    expect(made.errors[0]).toMatch(
      /^\/store\/consumequeue\/TopicTest\/0\/0+ at byte 2800 is damaged: the entry of offset 140 /,
    )
    expect(await offsetOfNext(made, store, 300)).toBe(300)
  },
)

test.each(['close', 'kill'])(
  'entries that became zero in the last file of a queue: it gets them back (%s)',
  async (stop) => {
    for (const count of [200, 600]) {
      const made = await told({ mappedFileSizeConsumeQueue: 20_000 })
      const sent = numbered(count)
      await fill(made, sent)
      await checkpointed(made)
      if (stop === 'close') await made.sim.settle(made.store.close())
      else made.machine.kill()
      made.machine.restart()
      // Where a search by halves comes by, too.
      zero(made, queueFile, (count - 120) * 20, 100 * 20)
      const store = await made.restart()
      expect(await bodies(store, 'TopicTest', 0, made.sim)).toEqual(sent)
      expect(await offsetOfNext(made, store, count)).toBe(count)
    }
  },
)

test('a last entry that came to lead behind the log does not pass for one whose record went with the end of the log', async () => {
  for (let bit = 0; bit < 40; bit++) {
    const made = await told()
    await fill(made, ['first', 'second'])
    // What bit 17 makes of the position lies between the end of the log and that of its last file.
    await checkpointed(made, 500)
    made.machine.kill()
    made.machine.damage(queueFile, 20 + 7 - (bit >> 3), 1 << (bit & 7))
    const store = await made.restart()
    expect([bit, await bodies(store, 'TopicTest', 0, made.sim)]).toEqual([bit, ['first', 'second']])
    expect(await offsetOfNext(made, store, 2)).toBe(2)
  }
})

/** Entries that lie over the edge of a sector, and how many bytes of them in front of it. */
const overEdges = [
  [51, 4],
  [102, 8],
  [614, 8],
  [25, 12],
  [76, 16],
] as const

test.each(overEdges)(
  'entry %i, of which only the first %i bytes reached the disk, is the end of its queue: for it not all of the log is read',
  async (count, bytes) => {
    const made = await told({ mappedFileSizeConsumeQueue: 20_000 })
    const sent = numbered(count)
    await fill(made, sent)
    await checkpointed(made)
    await fill(made, ['torn', 'behind it'])
    await made.sim.run(5000)
    made.machine.kill()
    made.machine.restart()
    const edge = count * 20 + bytes
    expect(edge % 512).toBe(0)
    zero(made, queueFile, edge, 20_000 - edge)
    const store = await made.restart()
    expect(await bodies(store, 'TopicTest', 0, made.sim)).toEqual([...sent, 'torn', 'behind it'])
    expect(made.warnings).toEqual([expect.stringMatching(/^recovered after a stop without notice/)])
  },
)
