import { nodeIo } from '@mq/io/node'
import { requestCommand } from '@mq/protocol'
import { createRemotingClient } from '@mq/remoting'
const io = nodeIo()
const client = createRemotingClient({ io })
const body = Buffer.alloc(128, 97)
let n = 0
const total = Number(process.argv[2]), depth = Number(process.argv[3])
const fields = () => ({ a: 'PG', b: 'T', c: 'TBW102', d: '4', e: String(n & 3), f: '0', g: '1795347944162', h: '0', i: `UNIQ_KEY\u0001C0A8000A602F5FFD2B276EABAADA${(n&0xffff).toString(16)}\u0002WAIT\u0001true\u0002TAGS\u0001A\u0002`, j: '0', k: 'false', m: 'false' })
const lat: number[] = []
await new Promise<void>((resolve) => {
  let done = 0
  const one = () => {
    if (n >= total) return
    n++
    const t = performance.now()
    client.callWith('127.0.0.1:31911', requestCommand(310, fields(), body), { timeoutMs: 20000 }, (e, r) => {
      if (e || r!.code !== 0) { console.log(e ?? r); process.exit(1) }
      lat.push(performance.now() - t)
      if (++done === total) resolve(); else one()
    })
  }
  globalThis.t0 = performance.now()
  for (let i = 0; i < depth; i++) one()
})
const s = (performance.now() - (globalThis as any).t0) / 1000
lat.sort((a, b) => a - b)
console.log(depth, 'in flight', Math.round(total / s), '/s p50', lat[lat.length >> 1]!.toFixed(2), 'p99', lat[Math.floor(lat.length * .99)]!.toFixed(2))
process.exit(0)
