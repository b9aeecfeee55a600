import { Producer } from '@mq/client'

const namesrv = process.env.NAMESRV ?? '127.0.0.1:9876'

const producer = await new Producer({ namesrv }).start()
const parts = ['head', 'body', 'tail'].map((body) => ({ topic: 'ExampleBatch', body }))
// One batch: all or none of it is stored, in one queue, one behind the other.
const results = await producer.sendBatch(parts)
const [first] = results
console.log(results.map((one) => one.queueOffset - first!.queueOffset).join(' '))
await producer.close()
