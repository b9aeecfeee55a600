import { Producer, PushConsumer } from '@mq/client'

const namesrv = process.env.NAMESRV ?? '127.0.0.1:9876'

const producer = await new Producer({ namesrv }).start()
// Level 1 is a second, unless the broker's messageDelayLevel says otherwise.
const sentMs = Date.now()
await producer.send({ topic: 'ExampleDelay', body: 'wake up', delayLevel: 1 })

const consumer = new PushConsumer({ namesrv, group: 'ExampleDelayReaders', consumeFrom: 'first' })
const waited = new Promise<number>((resolve) => {
  void consumer.subscribe('ExampleDelay', '*', () => resolve(Date.now() - sentMs))
})
await consumer.start()
console.log((await waited) >= 900 ? 'later' : 'at once')

await consumer.close()
await producer.close()
