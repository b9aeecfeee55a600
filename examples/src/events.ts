import { Producer, PushConsumer } from '@mq/client'

const namesrv = process.env.NAMESRV ?? '127.0.0.1:9876'

const producer = await new Producer({ namesrv }).start()
const { queue } = await producer.send({ topic: 'ExampleEvents', body: 'makes the topic' })

// What needs an eye is an event, and a line of the `logger`: a group that falls behind (`lagging`), members that subscribe to
// different things (`subscriptionsDiffer`), one for which no queue is left (`emptyAllocation`).
const options = { namesrv, group: 'ExampleEvents', subscriptions: { [queue.topic]: '*' }, handler: () => {} }
const members = Array.from({ length: 5 }, (_, i) => new PushConsumer({ ...options, clientId: `member-${i}` }))
const left = new Promise<string>((resolve) => {
  for (const one of members)
    one.on('emptyAllocation', ({ memberCount, queueCount }) =>
      resolve(`${memberCount} members share ${queueCount} queues: ${one.clientId} has none`),
    )
})
await Promise.all(members.map((one) => one.start()))
console.log(await left)

await Promise.all(members.map((one) => one.close()))
await producer.close()
