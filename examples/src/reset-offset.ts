import { AdminClient, Producer, PushConsumer } from '@mq/client'

const namesrv = process.env.NAMESRV ?? '127.0.0.1:9876'
const [topic, group] = ['ExampleReset', 'ExampleResetReaders']
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

const producer = await new Producer({ namesrv }).start()
const admin = new AdminClient({ namesrv })
const consumed: string[] = []
// Where a new group starts: at the first message, behind the last, or at a time (`consumeFrom: new Date(…)`).
const consumer = new PushConsumer({ namesrv, group, consumeFrom: 'first', commitInterval: 100 })
await consumer.subscribe(topic, '*', (message) => {
  consumed.push(message.text())
})
await consumer.start()
const selector = (queues: readonly { queueId: number }[]) => queues[0] as never
await producer.send({ topic, body: 'one' }, { selector })
await pause(20)
const { queue, offsetMsgId } = await producer.send({ topic, body: 'two' }, { selector })
const { storeTimestamp } = await admin.viewMessage(offsetMsgId)
while ((await admin.consumerOffset(group, queue)) !== 2) await pause(20)

// Back to a time, while it consumes.
await admin.resetOffset({ group, topic, timestampMs: storeTimestamp })
while (consumed.length < 3) await pause(20)
console.log(consumed.join())

await consumer.close()
await admin.close()
await producer.close()
