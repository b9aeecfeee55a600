import { AdminClient, Producer } from '@mq/client'

const namesrv = process.env.NAMESRV ?? '127.0.0.1:9876'

const producer = await new Producer({ namesrv }).start()
const admin = new AdminClient({ namesrv })
const selector = (queues: readonly { queueId: number }[]) => queues[0] as never
const first = await producer.send({ topic: 'ExampleQuery', body: 'first' }, { selector })
await new Promise((resolve) => setTimeout(resolve, 20))
const second = await producer.send({ topic: 'ExampleQuery', body: 'second', keys: 'order-7' }, { selector })

// By its id: where it lies. (By a key: admin.queryMessages, on brokers that keep an index.)
const found = await admin.viewMessage(second.offsetMsgId)
console.log(`${found.text()} with key ${found.keys.join()}`)

// By time, and the ends of a queue.
const { queue } = first
console.log('at its time:', await admin.searchOffset(queue, found.storeTimestamp))
console.log('from', await admin.minOffset(queue), 'to', await admin.maxOffset(queue))
console.log('oldest before it:', (await admin.earliestStoreTime(queue)) < found.storeTimestamp)

const { messages } = await admin.pullMessages(queue, 0, 10)
console.log(messages.map((one) => one.text()).join())

await admin.close()
await producer.close()
