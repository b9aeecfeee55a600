import { Producer, PullConsumer } from '@mq/client'

const namesrv = process.env.NAMESRV ?? '127.0.0.1:9876'

const producer = await new Producer({ namesrv }).start()
for (const body of ['one', 'two', 'three'])
  await producer.send({ topic: 'ExamplePull', body }, { selector: (queues) => queues[0] })

const reader = await new PullConsumer({ namesrv, group: 'ExamplePullReaders', consumeFrom: 'first' }).start()
// Exactly this queue, shared with nobody; with `subscriptions` the group would share the topic.
const [queue] = await reader.topicQueues('ExamplePull')
await reader.assign([queue!])

// A message counts as consumed when the next one is asked for.
for await (const message of reader) {
  console.log(message.text())
  if (message.text() === 'three') break
}
await reader.commit()
const committed = await reader.committed(queue!)

await reader.seek(queue!, committed! - 1)
const again = await reader.poll({ timeout: 10_000 })
console.log(`once more: ${again.map((one) => one.text()).join()}`)

await reader.close()
await producer.close()
