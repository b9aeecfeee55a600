import { Producer } from '@mq/client'

const namesrv = process.env.NAMESRV ?? '127.0.0.1:9876'

const producer = await new Producer({ namesrv }).start()
// What is sent to one queue keeps its order: all of one order goes to one queue.
const send = (orderId: number, step: string) =>
  producer.send(
    { topic: 'ExampleQueue', body: step, keys: String(orderId) },
    { selector: (queues) => queues[orderId % queues.length] },
  )
const results = await Promise.all(['made', 'paid', 'sent'].map((step) => send(7, step)))
console.log(new Set(results.map((one) => one.queue.queueId)).size === 1 ? 'one queue' : 'several queues')
await producer.close()
