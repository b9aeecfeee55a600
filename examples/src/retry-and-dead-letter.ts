import { AdminClient, Producer, PushConsumer } from '@mq/client'

const namesrv = process.env.NAMESRV ?? '127.0.0.1:9876'

const producer = await new Producer({ namesrv }).start()
await producer.send({ topic: 'ExampleRetry', body: 'hopeless', keys: 'order-7' })

// Tried twice more, then it goes to the dead-letter queue of the group.
const group = 'ExampleRetryReaders'
const consumer = new PushConsumer({ namesrv, group, consumeFrom: 'first', maxReconsumeTimes: 2 })
const thirdTry = new Promise<void>((resolve) => {
  void consumer.subscribe('ExampleRetry', '*', (message) => {
    console.log(`try ${message.reconsumeTimes + 1}`)
    if (message.reconsumeTimes === 2) resolve()
    // Throwing does the same, with a longer delay each time: 10 s, 30 s, 1 min … Level 1 is a second.
    return { later: 1 }
  })
})
await consumer.start()
await thirdTry
await consumer.close()

const admin = new AdminClient({ namesrv })
const topic = `%DLQ%${group}`
const [dead] = await admin.topicStats(topic)
// Made by brokers, it may only be written to, until somebody wants to read it.
await admin.createTopic({ cluster: 'DefaultCluster', topic, readQueueNums: 1, writeQueueNums: 1 })
const { messages } = await admin.pullMessages(dead!.queue, dead!.minOffset, 1)
console.log(`given up: ${messages[0]!.text()} (${messages[0]!.keys.join()})`)
await admin.close()
await producer.close()
