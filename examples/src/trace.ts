import { AdminClient, Producer } from '@mq/client'

const namesrv = process.env.NAMESRV ?? '127.0.0.1:9876'

// Where it goes, when, and how long that takes is written to Apache's trace topic; a consumer has the same option.
const producer = await new Producer({ namesrv, group: 'ExampleTraced', trace: true }).start()
const { msgId } = await producer.send({ topic: 'ExampleTrace', body: 'follow me', keys: 'parcel-1' })
await producer.close()

const admin = new AdminClient({ namesrv })
const records: string[] = []
for (const { queue, minOffset } of await admin.topicStats('RMQ_SYS_TRACE_TOPIC')) {
  const { messages } = await admin.pullMessages(queue, minOffset, 32)
  records.push(...messages.filter((one) => one.keys.includes(msgId)).map((one) => one.text()))
}
// One record, its fields separated: what, when, region, group, topic …
console.log(records.map((one) => one.split('\u0001')[4]).join())
await admin.close()
