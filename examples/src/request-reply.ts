import { AdminClient, Producer, PushConsumer } from '@mq/client'

const namesrv = process.env.NAMESRV ?? '127.0.0.1:9876'

const admin = new AdminClient({ namesrv })
await admin.createTopic({ cluster: 'DefaultCluster', topic: 'ExampleQuestions' })

const producer = await new Producer({ namesrv }).start()
const server = new PushConsumer({ namesrv, group: 'ExampleCalculator', consumeFrom: 'first' })
await server.subscribe('ExampleQuestions', '*', async (message) => {
  await producer.reply(message, String(Number(message.text()) * 2))
})
await server.start()

// Rejects with NO_REPLY when nobody has replied by then.
const reply = await producer.request({ topic: 'ExampleQuestions', body: '21' }, { timeout: 60_000 })
console.log(reply.text())

await server.close()
await producer.close()
await admin.close()
