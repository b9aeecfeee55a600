import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AdminClient, Producer, PushConsumer } from '@mq/client'

const namesrv = process.env.NAMESRV ?? '127.0.0.1:9876'

const admin = new AdminClient({ namesrv })
await admin.createTopic({ cluster: 'DefaultCluster', topic: 'ExampleBroadcasting' })

// Each member of the group gets every message, and keeps its own offsets in a file: under the home directory, unless said.
const offsetsDirectory = await mkdtemp(join(tmpdir(), 'mq-example-'))
const options = { namesrv, group: 'ExampleCaches', messageModel: 'broadcasting', consumeFrom: 'first' } as const
const names = ['first', 'second']
const heard = names.map(async (name) => {
  const consumer = new PushConsumer({ ...options, offsetsDirectory })
  const message = new Promise<string>((resolve) => {
    void consumer.subscribe('ExampleBroadcasting', '*', (one) => resolve(one.text()))
  })
  await consumer.start()
  return { name, text: await message, consumer }
})

const producer = await new Producer({ namesrv }).start()
await producer.send({ topic: 'ExampleBroadcasting', body: 'forget what you cached' })

for (const { name, text, consumer } of await Promise.all(heard)) {
  console.log(`${name}: ${text}`)
  await consumer.close()
}
await producer.close()
await admin.close()
await rm(offsetsDirectory, { recursive: true })
