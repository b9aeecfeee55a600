import { readFileSync } from 'node:fs'
import { Producer, PushConsumer } from '@mq/client'

const namesrv = process.env.NAMESRV ?? '127.0.0.1:9876'

// `mq start` takes TLS at its usual ports. The certificate it makes by itself is nobody's, so it can only be taken unseen; for one
// of an authority of yours name that. `tls: true` trusts those that the system trusts.
const file = process.env.MQ_CA_FILE
const tls = file === undefined ? { rejectUnauthorized: false } : { ca: readFileSync(file, 'utf8') }

const producer = await new Producer({ namesrv, tls }).start()
await producer.send({ topic: 'ExampleTls', body: 'nobody listens in' })

const consumer = new PushConsumer({ namesrv, tls, group: 'ExampleTlsReaders', consumeFrom: 'first' })
await new Promise<void>((resolve) => {
  void consumer
    .subscribe('ExampleTls', '*', (message) => {
      console.log(message.text())
      resolve()
    })
    .then(() => consumer.start())
})
await consumer.close()
await producer.close()
