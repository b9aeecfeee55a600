import { nodeIo } from '@mq/io/node'
import { createFileStore } from '@mq/store'
import { Broker } from '../src/index.js'
const io = nodeIo()
const dir = process.argv[2]!
const store = createFileStore({ io, directory: dir, storeHost: { host: '127.0.0.1', port: 31911 }, config: { flushDiskType: (process.argv[3] ?? 'SYNC_FLUSH') as never } })
const broker = new Broker({ io, store, config: { listenPort: 31911, brokerName: 'b', clusterTopicEnable: true } })
console.log(await broker.start(), 'rss', process.memoryUsage().rss >> 20)
process.on('SIGINT', () => { console.log('cpu', process.cpuUsage(), 'rss', process.memoryUsage().rss >> 20); void broker.close().then(() => process.exit(0)) })
setInterval(() => {}, 1000)
