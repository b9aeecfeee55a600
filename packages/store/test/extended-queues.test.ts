import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nodeIo } from '@mq/io/node'
import { javaHash } from '@mq/protocol'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createFileStore } from '../src/file-store.js'
import { verifyStore } from '../src/index.js'
import { bodies, host } from './support.js'
import { unpack } from './unpack.js'

/** Written by Apache's broker 4.7.1 with enableConsumeQueueExt=true: 400 messages to the topic Extended. */
const name = '4.7.1-extended'
const config = {
  mappedFileSizeCommitLog: 1_048_576,
  mappedFileSizeConsumeQueue: 2000,
  maxHashSlotNum: 500,
  maxIndexNum: 400,
}

let directory: string
beforeEach(() => unpack(name, (directory = mkdtempSync(join(tmpdir(), 'mq-store-')))))
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const verify = () => verifyStore({ disk: nodeIo().disk, directory: join(directory, 'store'), config })

test('verify reads extended queues, and names a flipped bit in their units', () => {
  expect(verify()).toMatchObject({ records: 400, findings: [] })
  for (const at of [1, 7, 16, 19, 20 + 9]) {
    const path = join(directory, 'store/consumequeue_ext/Extended/1', '0'.repeat(20))
    const bytes = readFileSync(path)
    bytes[at]! ^= 1
    writeFileSync(path, bytes)
    expect([at, verify().findings]).toEqual([
      at,
      [{ kind: 'extended queue', file: path, offset: expect.any(Number), problem: expect.any(String) }],
    ])
    bytes[at]! ^= 1
    writeFileSync(path, bytes)
  }
})

test('a start makes plain queues of them, which filter by tags', async () => {
  const open = async () => {
    const store = createFileStore({ io: nodeIo(), directory: join(directory, 'store'), storeHost: host, config })
    await store.start()
    return store
  }
  let store = await open()
  for (let round = 0; round < 2; round++) {
    let count = 0
    const tags = new Set<number>()
    for (let queueId = 0; queueId < 4; queueId++) {
      count += (await bodies(store, 'Extended', queueId)).length
      for (const { tagsCode } of await store.entries('Extended', queueId, 0, 400)) tags.add(tagsCode)
    }
    expect(count).toBe(400)
    expect([...tags].every((code) => code > -0x8000_0000)).toBe(true)
    expect(tags).toContain(javaHash('even'))
    expect(existsSync(join(directory, 'store/consumequeue_ext'))).toBe(false)
    await store.close()
    expect(verify()).toMatchObject({ records: 400, findings: [] })
    store = await open()
  }
  await store.close()
})
