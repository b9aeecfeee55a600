import { AdminClient, Producer, type ClientError, type Message } from '@mq/client'

const namesrv = process.env.NAMESRV ?? '127.0.0.1:9876'

const admin = new AdminClient({ namesrv })
const [broker] = await admin.masters()
// 4: may be read, 2: may be written.
await admin.createTopic({ addr: broker, topic: 'ExampleReadOnly', perm: 4 })

const producer = await new Producer({ namesrv, compressAbove: false }).start()
const refused: Message[] = [
  { topic: 'ExampleLimits', body: Buffer.alloc(5 << 20) },
  { topic: 'ExampleLimits', body: 'x', properties: { long: 'x'.repeat(40_000) } },
  { topic: 'ExampleReadOnly', body: 'x' },
]
for (const message of refused) {
  try {
    await producer.send(message)
  } catch (error) {
    // What was tried, where, and what to do about it.
    console.log((error as ClientError).code)
  }
}

await producer.close()
await admin.close()
