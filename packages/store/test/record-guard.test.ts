import { silentLogger } from '@mq/io'
import { expect, test, vi } from 'vitest'
import type { CommitLog } from '../src/commit-log.js'
import type { ConsumeQueue } from '../src/consume-queue.js'
import { RecordGuard } from '../src/record-guard.js'

test('a spoilt entry that every pull comes by is told once, and no sentence is made for it again', () => {
  const placeOf = vi.fn(() => 'somewhere')
  const error = vi.fn()
  const log = { spoiltIn: () => undefined } as unknown as CommitLog
  const guard = new RecordGuard(log, { ...silentLogger, error } as typeof silentLogger)
  const queues = [0, 1].map((queueId) => ({ topic: 'TopicTest', queueId, placeOf }) as unknown as ConsumeQueue)
  for (let pull = 0; pull < 3; pull++) {
    for (const queue of queues) {
      expect(guard.leadsNowhere(queue, 7, 1 << 20, 100)).toBe('damaged')
      expect(guard.passesFor(queue, 8, Buffer.alloc(100), 500)).toBe(false)
    }
    expect(guard.passes(Buffer.alloc(100), 900)).toBe(false)
  }
  expect(placeOf).toHaveBeenCalledTimes(4)
  expect(error).toHaveBeenCalledTimes(5)
})
