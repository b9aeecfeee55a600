import { Producer, PushConsumer } from '@mq/client'

const namesrv = process.env.NAMESRV ?? '127.0.0.1:9876'

const producer = await new Producer({ namesrv }).start()
await producer.send({ topic: 'ExampleOrders', body: 'an order' })
await producer.send({ topic: 'ExampleReturns', body: 'a return' })

const consumer = new PushConsumer({ namesrv, group: 'ExampleSubscriptions', consumeFrom: 'first' })
/** Consumes a topic until its first message. */
const firstOf = (topic: string) =>
  new Promise<string>((resolve, reject) => {
    consumer.subscribe(topic, '*', (message) => resolve(message.text())).catch(reject)
  })
const order = firstOf('ExampleOrders')
await consumer.start()
console.log(await order)

// Topics come and go, and expressions change, while it runs.
await consumer.unsubscribe('ExampleOrders')
console.log(await firstOf('ExampleReturns'))

await consumer.close()
await producer.close()
