import { Producer, PushConsumer } from '@mq/client'

const namesrv = process.env.NAMESRV ?? '127.0.0.1:9876'

const producer = await new Producer({ namesrv }).start()
const { status, queue } = await producer.send({
  topic: 'ExampleSend',
  body: 'hello',
  tags: 'greeting',
  keys: 'hello-1',
})
console.log(`${status} in ${queue.topic}`)

const consumer = new PushConsumer({ namesrv, group: 'ExampleSendReaders', consumeFrom: 'first' })
const first = new Promise<string>((resolve) => {
  void consumer.subscribe('ExampleSend', 'greeting', (message) => resolve(message.text()))
})
await consumer.start()
console.log(await first)

await consumer.close()
await producer.close()
