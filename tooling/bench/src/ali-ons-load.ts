import { createRequire } from 'node:module'
import { keepSending, loadSettings } from './load-report.js'

const { Producer, Message } = createRequire(import.meta.url)('ali-ons')
const settings = loadSettings(process.argv.slice(3))
const quiet = { info() {}, debug() {}, warn() {}, error: console.error }

const producer = new Producer({
  nameSrv: settings.text('namesrv', '127.0.0.1:9876'),
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
