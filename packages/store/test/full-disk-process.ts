import { rmSync, statfsSync, writeFileSync } from 'node:fs'
import { nodeIo } from '@mq/io/node'
import { createFileStore, put, type StoreError } from '../src/index.js'
import { bodies, host } from './support.js'

/*
 * Fills the small file system in a folder, sees what a store in it does, and prints that as JSON.
 */
const folder = process.argv[2]!
const ballast = `${folder}/ballast`
const config = {
  mappedFileSizeCommitLog: 1 << 20,
  mappedFileSizeConsumeQueue: 2000,
  maxHashSlotNum: 64,
  maxIndexNum: 256,
}
const store = createFileStore({ io: nodeIo(), directory: `${folder}/store`, storeHost: host, config })
// Timers of an Io hold no process open.
setInterval(() => {}, 1 << 30)
await store.start()

const body = 'x'.repeat(60_000)
const add = (text: string) => put(store, { topic: 'TopicTest', body: text })
await add('kept')
const { bavail, bsize } = statfsSync(folder)
writeFileSync(ballast, Buffer.alloc(bavail * bsize - (2 << 20)))

let acknowledged = 0
let refused: StoreError | undefined
while (refused === undefined)
  await add(body).then(
    () => acknowledged++,
    (error: unknown) => (refused = error as StoreError),
  )
const readWhileFull = (await bodies(store)).length
rmSync(ballast)
while (store.refusal !== undefined) await new Promise((resolve) => setTimeout(resolve, 50))
await add('again')
const readAfter = await bodies(store)
await store.close()
const { code, message } = refused
process.stdout.write(
  JSON.stringify({ code, message, acknowledged, readWhileFull, first: readAfter[0], last: readAfter.at(-1) }),
)
process.exit(0)
