import { Producer, PushConsumer, type ReceivedMessage } from '@mq/client'

const namesrv = process.env.NAMESRV ?? '127.0.0.1:9876'

const producer = await new Producer({ namesrv }).start()
for (const step of ['made', 'paid', 'sent'])
  await producer.send({ topic: 'ExampleOrdered', body: step }, { selector: (queues) => queues[0] })

const consumer = new PushConsumer({
  namesrv,
  group: 'ExampleOrdered',
  consumeFrom: 'first',
  ordered: true,
  suspendMs: 100,
})
const done = new Promise<void>((resolve) => {
  const handler = (message: ReceivedMessage) => {
    const step = message.text()
    console.log(step)
    // What fails is tried again before anything behind it.
    if (step === 'paid' && message.reconsumeTimes === 0) throw new Error('the bank is closed')
    if (step === 'sent') resolve()
  }
  void consumer.subscribe('ExampleOrdered', '*', handler)
})
await consumer.start()
await done
await consumer.close()
await producer.close()
