import { AdminClient, Producer, PushConsumer } from '@mq/client'

const namesrv = process.env.NAMESRV ?? '127.0.0.1:9876'

const producer = await new Producer({ namesrv }).start()
const { offsetMsgId } = await producer.send({ topic: 'ExampleAdmin', body: 'x' })
const consumer = new PushConsumer({ namesrv, group: 'ExampleAdminReaders', consumeFrom: 'first' })
const first = new Promise<void>((resolve) => {
  void consumer.subscribe('ExampleAdmin', '*', (message) => {
    console.log(`consumed ${message.text()}`)
    resolve()
  })
})
await consumer.start()
await first

// What an operator asks a broker, which asks the consumer: Java's tools and consumers understand the same.
const admin = new AdminClient({ namesrv })
const [broker] = await admin.masters()
const { group, clientId } = consumer
const info = await admin.consumerRunningInfo(broker!, group, clientId, { stacks: true })
console.log(
  `subscribed to ${info.subscriptionSet
    .map(({ topic }) => topic)
    .sort()
    .join()}`,
)
console.log(
  info.jstack?.includes('event loop') === true ? 'says how its event loop does' : 'says nothing of its process',
)
const { consumeResult } = await admin.consumeMessageDirectly(broker!, group, clientId, offsetMsgId)
console.log(consumeResult)

await Promise.all([consumer.close(), admin.close(), producer.close()])
