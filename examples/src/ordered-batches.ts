import { batched, Producer, PushConsumer } from '@mq/client'

const namesrv = process.env.NAMESRV ?? '127.0.0.1:9876'

const producer = await new Producer({ namesrv }).start()
const steps = ['made', 'paid', 'sent', 'received']
await producer.sendBatch(steps.map((body) => ({ topic: 'ExampleOrderedBatches', body })))

const options = {
  namesrv,
  group: 'ExampleOrderedBatches',
  consumeFrom: 'first',
  ordered: true,
  suspendMs: 100,
} as const
const consumer = new PushConsumer(options)
const done = new Promise<void>((resolve) => {
  // Of each queue one batch at a time. One that fails comes again as a whole, before anything behind it.
  const handler = batched(4, (messages) => {
    console.log(messages.map((one) => one.text()).join())
    if (messages[0]!.reconsumeTimes === 0) throw new Error('the database is away')
    resolve()
  })
  void consumer.subscribe('ExampleOrderedBatches', '*', handler)
})
await consumer.start()
await done
await consumer.close()
await producer.close()
