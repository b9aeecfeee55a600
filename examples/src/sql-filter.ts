import { AdminClient, Producer, PushConsumer, type ClientError } from '@mq/client'

const namesrv = process.env.NAMESRV ?? '127.0.0.1:9876'

// Brokers filter by SQL92 when they are told to: enablePropertyFilter=true in broker.conf, or so.
const admin = new AdminClient({ namesrv })
for (const broker of await admin.masters('DefaultCluster'))
  await admin.updateBrokerConfig(broker, { enablePropertyFilter: 'true' })

const producer = await new Producer({ namesrv }).start()
for (const price of [50, 150, 250])
  await producer.send({ topic: 'ExampleSql', body: `${price} euros`, properties: { price: String(price) } })

const consumer = new PushConsumer({ namesrv, group: 'ExampleSqlReaders', consumeFrom: 'first' })
const matching = new Promise<string>((resolve) => {
  const sql = 'price BETWEEN 100 AND 200'
  void consumer.subscribe('ExampleSql', { sql }, (message) => resolve(message.text()))
})
await consumer.start()
console.log(await matching)

// An expression that is none is refused at once, with its place.
try {
  await consumer.subscribe('ExampleSql', { sql: 'price >' }, () => {})
} catch (error) {
  console.log((error as ClientError).code)
}
await consumer.close()
await producer.close()
await admin.close()
