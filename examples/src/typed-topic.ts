import { Producer, PushConsumer, topic, type StandardSchema } from '@mq/client'

const namesrv = process.env.NAMESRV ?? '127.0.0.1:9876'

interface Order {
  id: number
}
// Any validator that follows Standard Schema will do: `z.object({ id: z.number() })`. This is what they are inside.
const schema: StandardSchema<Order> = {
  '~standard': {
    version: 1,
    vendor: 'example',
    validate: (value) =>
      typeof (value as Order).id === 'number'
        ? { value: value as Order }
        : { issues: [{ message: 'must be a number', path: ['id'] }] },
  },
}
const Orders = topic('ExampleTyped', { schema })

const producer = await new Producer({ namesrv }).start()
await producer.send(Orders.message({ id: 7 }, { tags: 'new' }))
try {
  Orders.message({ id: 'seven' } as never)
} catch (error) {
  console.log((error as Error).message)
}

const consumer = new PushConsumer({ namesrv, group: 'ExampleTypedReaders', consumeFrom: 'first' })
const first = new Promise<Order>((resolve) => void consumer.subscribe(Orders.name, '*', Orders.handler(resolve)))
await consumer.start()
console.log((await first).id + 1)

await consumer.close()
await producer.close()
