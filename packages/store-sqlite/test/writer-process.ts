import { nodeIo } from '@mq/io/node'
import { put } from '@mq/store'
import { createSqliteStore } from '../src/index.js'
import { storeHost, wasm } from './support.js'

/*
 * Writes to the store in a folder until it is killed, and prints what was acknowledged: `queueId queueOffset body`.
 */
const store = createSqliteStore({ driver: await wasm(), io: nodeIo(), directory: process.argv[2]!, storeHost })
await store.start()
let count = 0
const write = async (queueId: number): Promise<never> => {
  for (;;) {
    const body = `${process.pid}-${count++}`
    const { queueOffset } = await put(store, { topic: 'T', queueId, body })
    process.stdout.write(`${queueId} ${queueOffset} ${body}\n`)
  }
}
// Timers of an Io hold no process open.
setInterval(() => {}, 1 << 30)
await Promise.all(Array.from({ length: 16 }, (_, i) => write(i % 4)))
