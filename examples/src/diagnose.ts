import { diagnose } from '@mq/client'

const namesrv = process.env.NAMESRV ?? '127.0.0.1:9876'

const { ok, problems, brokers } = await diagnose({ namesrv }, 'ExampleNobodyMadeThis')
console.log(`${ok ? 'all is well' : 'something is wrong'}; ${brokers.length} broker`)
for (const { code, problem, next } of problems) console.log(`${code}: ${problem}. ${next}`)
