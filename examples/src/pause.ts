import { Producer, PushConsumer } from '@mq/client'

const namesrv = process.env.NAMESRV ?? '127.0.0.1:9876'

const producer = await new Producer({ namesrv }).start()
await producer.send({ topic: 'ExamplePause', body: 'one' })

const consumer = new PushConsumer({ namesrv, group: 'ExamplePauseReaders', consumeFrom: 'first' })
const both = new Promise<void>((resolve) => {
  void consumer.subscribe('ExamplePause', '*', (message) => {
    console.log(message.text())
    if (message.text() === 'two') return resolve()
    // The database is away: no more for now. What comes waits here and at the broker.
    consumer.pause()
  })
})
await consumer.start()
await producer.send({ topic: 'ExamplePause', body: 'two' })
while (consumer.pausedQueues.length === 0) await new Promise((resolve) => setTimeout(resolve, 10))

console.log('paused')
consumer.resume()
await both

await consumer.close()
await producer.close()
