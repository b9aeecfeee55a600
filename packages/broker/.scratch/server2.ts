import { nodeIo } from '@mq/io/node'
import { createFileStore } from '@mq/store'
import { Broker } from '../src/index.js'
const io = nodeIo()
const log = (l: string) => (f: object, m: string) => console.log(new Date().toISOString(), l, m, (f as any).error?.stack ?? '')
const logger: any = { debug() {}, info: log('info'), warn: log('warn'), error: log('error'), child: () => logger }
const [dir, port, name] = [process.argv[2]!, Number(process.argv[3]), process.argv[4]!]
const store = createFileStore({ io, logger, directory: dir, storeHost: { host: '127.0.0.1', port } })
const broker = new Broker({ io, logger, store, config: { listenPort: port, brokerName: name, namesrvAddr: '127.0.0.1:39876' } })
console.log(await broker.start(), 'rss', process.memoryUsage().rss >> 20)
process.on('SIGINT', () => { console.log('cpu', process.cpuUsage(), 'rss', process.memoryUsage().rss >> 20, broker.stats()); void broker.close().then(() => process.exit(0)) })
setInterval(() => {}, 1000)
