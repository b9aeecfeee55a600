import type { ClientError } from '@mq/client'
import { Producer, PullConsumer } from '@mq/client'

const namesrv = process.env.NAMESRV ?? '127.0.0.1:9876'

const producer = await new Producer({ namesrv }).start()
// A deadline for one call; an AbortSignal ends the waiting earlier.
await producer.send({ topic: 'ExampleAbort', body: 'x' }, { timeout: 10_000 })

const options = {
  namesrv,
  group: 'ExampleAbortReaders',
  consumeFrom: 'first',
  subscriptions: { ExampleAbort: '*' },
} as const
const reader = await new PullConsumer(options).start()
await reader.poll({ timeout: 30_000 })
try {
  // Nothing more comes.
  await reader.poll({ timeout: 60_000, signal: AbortSignal.timeout(50) })
} catch (error) {
  console.log((error as ClientError).code)
}
try {
  // Nobody is there to reply.
  const signal = AbortSignal.timeout(50)
  await producer.request({ topic: 'ExampleAbort', body: 'hello?' }, { timeout: 60_000, signal })
} catch (error) {
  console.log((error as ClientError).code)
}
await reader.close()
await producer.close()
