import { Producer } from '@mq/client'

const namesrv = process.env.NAMESRV ?? '127.0.0.1:9876'

const producer = await new Producer({ namesrv }).start()
// Nobody tells whether it has arrived: for what may be lost, such as measurements.
await producer.sendOneway({ topic: 'ExampleOneway', body: '21.5 degrees' })
console.log('gone')
await producer.close()
