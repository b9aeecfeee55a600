import { Producer, PushConsumer } from '@mq/client'
import { keepSending, loadSettings, report } from './load-report.js'

const [mode, ...rest] = process.argv.slice(2)
const settings = loadSettings(rest)
const namesrv = settings.text('namesrv', '127.0.0.1:9876')
const body = Buffer.alloc(128, 'm')
const drainTopic = 'BenchDrain'

async function send(): Promise<void> {
  const producer = new Producer({ namesrv, group: 'bench' })
  await producer.start()
  await keepSending(settings.number('inflight', 512), settings.number('seconds', 8), () =>
    producer.send({ topic: 'BenchNode', tags: 'bench', body }),
  )
  await producer.close()
}

/** Fills a topic, then measures from the first message delivered to the last. */
async function drain(): Promise<void> {
  const count = settings.number('count', 500_000)
  const producer = new Producer({ namesrv, group: 'bench' })
  await producer.start()
  for (let sent = 0; sent < count; sent += 2000) {
    await Promise.all(Array.from({ length: 2000 }, () => producer.send({ topic: drainTopic, tags: 'bench', body })))
  }
  await producer.close()
  let seen = 0
  let firstMs = 0
  let allSeen = () => {}
  const all = new Promise<void>((resolve) => (allSeen = resolve))
  const consumer = new PushConsumer({ namesrv, group: `bench_${process.pid}`, consumeFrom: 'first' })
  await consumer.subscribe(drainTopic, '*', () => {
    firstMs ||= performance.now()
    if (++seen === count) allSeen()
  })
  await consumer.start()
  await all
  report(count / ((performance.now() - firstMs) / 1000), [], 0)
  await consumer.close()
}

/** Sends at a fixed rate and measures until the handler has the message. */
async function endToEnd(): Promise<void> {
  const rate = settings.number('rate', 1000)
  const seconds = settings.number('seconds', 8)
  const topic = 'BenchEndToEnd'
  const latencies: number[] = []
  const producer = new Producer({ namesrv, group: 'bench' })
  await producer.start()
  await producer.send({ topic, body })
  const consumer = new PushConsumer({ namesrv, group: `bench_e2e_${process.pid}`, consumeFrom: 'last' })
  let measuring = false
  await consumer.subscribe(topic, '*', (message) => {
    const sentMs = Number(message.properties['at'])
    if (measuring && sentMs > 0) latencies.push(performance.now() - sentMs)
  })
  await consumer.start()
  await pace(rate, 3, (at) => void producer.send({ topic, body, properties: { at } }))
  measuring = true
  await pace(rate, seconds, (at) => void producer.send({ topic, body, properties: { at } }))
  await new Promise((done) => setTimeout(done, 500))
  report(latencies.length / seconds, latencies, rate * seconds - latencies.length > rate ? 1 : 0)
  await consumer.close()
  await producer.close()
}

async function pace(rate: number, seconds: number, one: (at: string) => void): Promise<void> {
  const startMs = performance.now()
  for (let sent = 0; sent < rate * seconds;) {
    const due = Math.min(rate * seconds, Math.floor(((performance.now() - startMs) * rate) / 1000))
    for (; sent < due; sent++) one(String(performance.now()))
    await new Promise((done) => setTimeout(done, 1))
  }
}

const modes = { send, drain, e2e: endToEnd }
await modes[mode as keyof typeof modes]()
process.exit(0)
