import { Producer, type ClientError } from '@mq/client'

// A cluster with access control: aclEnable=true, and accounts in conf/plain_acl.yml.
const namesrv = process.env.NAMESRV ?? '127.0.0.1:9876'
const { MQ_ACCESS_KEY: accessKey = 'orders-service', MQ_SECRET_KEY: secretKey = 'a-long-secret' } = process.env

// Every request is signed; consumers and admin clients have the same option.
const producer = await new Producer({ namesrv, credentials: { accessKey, secretKey } }).start()
const { status } = await producer.send({ topic: 'ExampleAccess', body: 'signed' })
console.log(status)

// With another secret nothing is taken, and the secret is in no message.
const stranger = await new Producer({ namesrv, credentials: { accessKey, secretKey: 'a guess' }, retries: 0 }).start()
try {
  await stranger.send({ topic: 'ExampleAccess', body: 'forged' })
} catch (error) {
  const { code, details } = error as ClientError
  console.log(code, details.responseCode)
}

await stranger.close()
await producer.close()
