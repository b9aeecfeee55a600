import { PushConsumer, TransactionProducer } from '@mq/client'

const namesrv = process.env.NAMESRV ?? '127.0.0.1:9876'
const database = new Set<string>()

const producer = new TransactionProducer({
  namesrv,
  group: 'ExampleShop',
  // Asked when the broker has not heard how a transaction ended, for example because this process died in it.
  check: ({ keys }) => (database.has(keys[0]!) ? 'commit' : 'rollback'),
})
await producer.start()
const order = (id: string, buy: () => void) =>
  producer.sendInTransaction({ topic: 'ExampleTransaction', body: `order ${id}`, keys: id }, buy)

await order('1', () => void database.add('1'))
await order('2', () => {
  throw new Error('out of stock')
}).catch((error: Error) => console.log(error.message))
await order('3', () => void database.add('3'))

const consumer = new PushConsumer({ namesrv, group: 'ExampleWarehouse', consumeFrom: 'first' })
const seen = new Set<string>()
const both = new Promise<void>((resolve) => {
  void consumer.subscribe('ExampleTransaction', '*', (message) => {
    if (seen.add(message.text()).size === 2) resolve()
  })
})
await consumer.start()
await both
console.log([...seen].sort().join(', '))

await consumer.close()
await producer.close()
