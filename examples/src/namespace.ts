import { AdminClient, Producer } from '@mq/client'

const namesrv = process.env.NAMESRV ?? '127.0.0.1:9876'

// Both say `ExampleNamespace`, and neither sees what the other sends.
for (const namespace of ['red', 'blue']) {
  const producer = await new Producer({ namesrv, group: 'ExampleTenants', namespace }).start()
  const { queue } = await producer.send({ topic: 'ExampleNamespace', body: namespace })
  console.log(`${namespace} sent to ${queue.topic}`)
  await producer.close()
}

const admin = new AdminClient({ namesrv })
const topics = (await admin.topicList()).filter((topic) => topic.includes('ExampleNamespace'))
console.log(topics.sort().join(', '))
await admin.close()
