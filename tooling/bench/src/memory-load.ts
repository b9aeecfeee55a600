import { Producer, PushConsumer } from '@mq/client'
import { startLocalCluster } from '@mq/cluster'
import { startTestCluster } from '@mq/cluster/testing'
import { simulate } from '@mq/io/sim'

/** Milliseconds until a cluster for tests is up, the first of this process, and until it has stored a message. */
async function start(): Promise<Record<string, number>> {
  const fromMs = performance.now()
  const cluster = await startTestCluster()
  const upMs = performance.now() - fromMs
  const producer = await cluster.producer()
  await producer.send({ topic: 'BenchMemory', body: 'first' })
  const storedMs = performance.now() - fromMs
  await cluster.close()
  return { upMs, storedMs }
}

const idleMs = 600_000

/** How many times faster than real time a simulated cluster passes ten minutes in which clients only keep in touch with it. */
async function idle(): Promise<Record<string, number>> {
  const sim = simulate({ seed: 1 })
  const { io } = sim.host('all')
  const { namesrv, close } = await sim.settle(startLocalCluster({ io, memory: true }))
  const producer = await sim.settle(new Producer({ io, namesrv }).start())
  await sim.settle(producer.send({ topic: 'BenchMemory', body: 'first' }))
  const consumer = new PushConsumer({
    io,
    namesrv,
    group: 'bench',
    subscriptions: { BenchMemory: '*' },
    handler: () => {},
  })
  await sim.settle(consumer.start())
  await sim.run(30_000)
  const before = process.cpuUsage()
  await sim.run(idleMs)
  const { user, system } = process.cpuUsage(before)
  await sim.settle(Promise.all([producer.close(), consumer.close()]).then(close))
  return { timesRealTime: idleMs / ((user + system) / 1000) }
}

console.log(JSON.stringify(process.argv[2] === 'idle' ? await idle() : await start()))
