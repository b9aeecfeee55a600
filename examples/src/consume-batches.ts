import { batched, Producer, PushConsumer } from '@mq/client'

const namesrv = process.env.NAMESRV ?? '127.0.0.1:9876'

const producer = await new Producer({ namesrv }).start()
const amounts = ['10', '20', 'thirty', '40']
await producer.sendBatch(amounts.map((body) => ({ topic: 'ExampleBatches', body })))

const consumer = new PushConsumer({ namesrv, group: 'ExampleBatchReaders', consumeFrom: 'first' })
const repaired = new Promise<void>((resolve) => {
  // Up to 32 messages of a queue at once. Those named come again, the others are consumed.
  const handler = batched(32, (messages) => {
    const failed = messages.filter((one) => Number.isNaN(Number(one.text())) && one.reconsumeTimes === 0)
    for (const one of failed) console.log(`no number: ${one.text()}`)
    if (messages.some((one) => one.reconsumeTimes > 0)) resolve()
    return { failed, later: 1 }
  })
  void consumer.subscribe('ExampleBatches', '*', handler)
})
await consumer.start()
await repaired
console.log('once more')

await consumer.close()
await producer.close()
