import { Producer } from '@mq/client'

const namesrv = process.env.NAMESRV ?? '127.0.0.1:9876'

// `unitMode` and `unitName`, as Java's clients have them: this one's topics and client id belong to one site.
const producer = await new Producer({ namesrv, unitMode: true, unitName: 'site-b' }).start()

// SEND_OK: the message is as safe as the broker promises, by default flushed to its disk.
const safe = await producer.send({ topic: 'ExampleAcknowledgement', body: 'a booking' })
console.log(safe.status)

// Not waited for (`waitStoreMsgOK=false`): a crash of the broker's machine may take it.
const quick = await producer.send({ topic: 'ExampleAcknowledgement', body: 'a click', waitStoreOk: false })
console.log(quick.status)

await producer.close()
