import { AdminClient, Producer } from '@mq/client'

const namesrv = process.env.NAMESRV ?? '127.0.0.1:9876'

// Bodies above 4 KiB are compressed unless you say otherwise; consumers inflate them when they are read.
const producer = await new Producer({ namesrv, compressAbove: 1000, compressLevel: 9 }).start()
const plain = await new Producer({ namesrv, compressAbove: false }).start()
const admin = new AdminClient({ namesrv })

const body = 'again and again '.repeat(1000)
for (const one of [producer, plain]) {
  const { offsetMsgId } = await one.send({ topic: 'ExampleCompression', body })
  const message = await admin.viewMessage(offsetMsgId)
  console.log(message.text().length, message.storeSize < 1000 ? 'in less than 1000 bytes' : 'as it is')
}

await admin.close()
await plain.close()
await producer.close()
