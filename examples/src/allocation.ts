import { Producer, PushConsumer, type AllocationStrategy } from '@mq/client'

const namesrv = process.env.NAMESRV ?? '127.0.0.1:9876'

const producer = await new Producer({ namesrv }).start()
await producer.send({ topic: 'ExampleAllocation', body: 'makes the topic' })

// All members work it out by themselves, so each must come to the same result. By name: AVG (default), AVG_BY_CIRCLE,
// CONSISTENT_HASH.
const allocation: AllocationStrategy = {
  name: 'FIRST_QUEUE_ALONE',
  allocate: (clientId, clientIds, queues) =>
    queues.filter(
      ({ queueId }) => (clientIds.length === 1 || queueId === 0 ? clientIds[0] : clientIds[1]) === clientId,
    ),
}

const options = { namesrv, group: 'ExampleAllocation', allocation, handler: () => {} }
const subscriptions = { ExampleAllocation: '*' }
// A member that is started again under the same client id gets the same queues.
const one = await new PushConsumer({ ...options, subscriptions, clientId: 'member-1' }).start()
const other = await new PushConsumer({ ...options, subscriptions, clientId: 'member-2' }).start()
const queuesOf = (member: PushConsumer) =>
  member.queues.flatMap(({ topic, queueId }) => (topic === 'ExampleAllocation' ? [queueId] : [])).sort()
while (queuesOf(one).length !== 1 || queuesOf(other).length !== 3)
  await new Promise((resolve) => setTimeout(resolve, 20))
console.log(`${queuesOf(one).join()} and ${queuesOf(other).join()}`)

await Promise.all([one.close(), other.close(), producer.close()])
