import { Producer, PushConsumer, type HandlerMiddleware } from '@mq/client'

const namesrv = process.env.NAMESRV ?? '127.0.0.1:9876'

const announced: HandlerMiddleware = async (message, _context, next) => {
  console.log(`begin ${message.text()}`)
  const outcome = await next()
  console.log(`end ${message.text()}: ${JSON.stringify(outcome ?? 'success')}`)
  return outcome
}

const producer = await new Producer({ namesrv }).start()
await producer.send({ topic: 'ExampleMiddleware', body: 'one' })

const options = { namesrv, group: 'ExampleMiddlewareReaders', consumeFrom: 'first', middleware: [announced] } as const
const consumer = new PushConsumer(options)
const first = new Promise<void>((resolve) => {
  void consumer.subscribe('ExampleMiddleware', '*', () => {
    console.log('work')
    resolve()
  })
})
await consumer.start()
await first

await consumer.close()
await producer.close()
