import { createRequire } from 'node:module'
import { AdminClient } from '@mq/client'
import { keepSending, loadSettings } from './load-report.js'

const { Producer, Message } = createRequire(import.meta.url)('ali-ons')
const settings = loadSettings(process.argv.slice(3))
const quiet = { info() {}, debug() {}, warn() {}, error: console.error }

const namesrv = settings.text('namesrv', '127.0.0.1:9876')
// This client does not know of topics that come into being by a first message.
const admin = new AdminClient({ namesrv })
await admin.createTopic({ cluster: 'DefaultCluster', topic: 'BenchAliOns', readQueueNums: 8, writeQueueNums: 8 })
await admin.close()

const producer = new Producer({
  nameSrv: namesrv,
  producerGroup: 'bench_ali_ons',
  httpclient: {},
  logger: quiet,
})
await producer.ready()
const body = 'm'.repeat(128)
await keepSending(settings.number('inflight', 64), settings.number('seconds', 8), () =>
  producer.send(new Message('BenchAliOns', 'bench', body)),
)
process.exit(0)
