import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { nodeIo } from '@mq/io/node'
import { recordsIn } from '@mq/protocol'
import type { MessageStore } from '@mq/store'
import { afterEach, expect, test } from 'vitest'
import { createSqliteStore } from '../src/index.js'
import { newFolder, removeFolder, storeHost, wasm } from './support.js'

const program = fileURLToPath(new URL('writer-process.ts', import.meta.url))
const folder = newFolder()
let child: ChildProcess | undefined

afterEach(() => {
  child?.kill('SIGKILL')
  removeFolder(folder)
})

/** Writes in a process that is killed after so many acknowledgements. Adds what was acknowledged to `acknowledged`. */
async function writeUntilKilled(count: number, acknowledged: Set<string>): Promise<void> {
  const node = ['--conditions=@mq/source', '--import', import.meta.resolve('tsx'), program, folder]
  const writer = (child = spawn(process.execPath, node, { stdio: ['ignore', 'pipe', 'pipe'] }))
  let [output, errors] = ['', '']
  writer.stderr!.on('data', (bytes) => (errors += bytes))
  writer.stdout!.on('data', (bytes) => {
    output += bytes
    if (output.split('\n').length > count) writer.kill('SIGKILL')
  })
  const signal = await new Promise((ended) => writer.once('close', (_, by) => ended(by)))
  expect([signal, errors]).toEqual(['SIGKILL', ''])
  for (const line of output.split('\n').slice(0, -1)) acknowledged.add(line)
}

/** `queueId queueOffset body` of all there is, which must have no gaps. */
function contentOf(store: MessageStore): Set<string> {
  const found = new Set<string>()
  for (const queueId of store.queues().get('T') ?? []) {
    for (let queueOffset = 0; queueOffset < store.maxOffset('T', queueId);) {
      const result = store.get({ topic: 'T', queueId, queueOffset, maxMessages: 32 })
      if (result instanceof Promise) throw new Error('a SQLite store answers at once')
      for (const piece of result.pieces)
        for (const record of recordsIn(piece)) {
          expect(record.queueOffset).toBe(queueOffset++)
          found.add(`${queueId} ${record.queueOffset} ${record.body}`)
        }
      expect(result.nextOffset).toBe(queueOffset)
    }
  }
  return found
}

test('nothing that was acknowledged is lost when the process is killed, again and again', async () => {
  const acknowledged = new Set<string>()
  for (let round = 1; round <= 3; round++) {
    await writeUntilKilled(round * 50, acknowledged)
    const store = createSqliteStore({ driver: await wasm(), io: nodeIo(), directory: folder, storeHost })
    await store.start()
    const found = contentOf(store)
    expect([...acknowledged].filter((one) => !found.has(one))).toEqual([])
    expect(acknowledged.size).toBeGreaterThanOrEqual(round * 50)
    await store.close()
  }
}, 180_000)
