import type { Connection } from '@mq/io'
import { silentLogger } from '@mq/io'
import { simulate } from '@mq/io/sim'
import { encodeFrame, FrameDecoder, requestCommand, type ReceivedCommand } from '@mq/protocol'
import { expect, test } from 'vitest'
import { defaultLinkLimits, Link } from '../src/link.js'

/** A link over a connection that only notes what is written to it. */
function linkOver() {
  const sim = simulate({ seed: 1 })
  const writes: Uint8Array[] = []
  const requests: ReceivedCommand[] = []
  const address = { host: '10.0.0.9', port: 1 }
  const connection: Connection = {
    remote: address,
    local: address,
    secure: false,
    bufferedBytes: 0,
    onData: () => {},
    onDrain: () => {},
    onClose: () => {},
    write: (pieces) => writes.push(Buffer.concat(pieces)) > 0,
    pause: () => {},
    resume: () => {},
    end: () => {},
    destroy: () => {},
  }
  const events = { onRequest: (request: ReceivedCommand) => void requests.push(request), onClosed: () => {} }
  const link = new Link(connection, sim.host('server').io, silentLogger, events, defaultLinkLimits)
  const ask = (count: number) => {
    const frames = Array.from({ length: count }, (_, n) => encodeFrame({ ...requestCommand(7), opaque: n }))
    connection.onData(Buffer.concat(frames))
  }
  return { sim, link, writes, requests, ask }
}

const opaquesIn = (writes: readonly Uint8Array[]): number[] => {
  const opaques: number[] = []
  const decoder = new FrameDecoder()
  for (const bytes of writes) decoder.decode(bytes, ({ opaque }) => void opaques.push(opaque))
  return opaques
}

test('answers of one turn leave in one write', async () => {
  const { sim, link, writes, requests, ask } = linkOver()
  ask(50)
  for (const request of requests) link.answer(request, { code: 0 })
  expect(writes).toHaveLength(0)
  await sim.run(1)
  expect(writes).toHaveLength(1)
  expect(opaquesIn(writes)).toEqual(requests.map(({ opaque }) => opaque))
})

test('many answers leave in parts, before the last is made, in order', async () => {
  const { sim, link, writes, requests, ask } = linkOver()
  ask(200)
  for (const request of requests.slice(0, 100)) link.answer(request, { code: 0, body: Buffer.alloc(1000) })
  expect(writes.length).toBeGreaterThan(3)
  expect(writes.length).toBeLessThan(10)
  for (const request of requests.slice(100)) link.answer(request, { code: 0, body: Buffer.alloc(1000) })
  await sim.run(1)
  expect(opaquesIn(writes)).toEqual(requests.map(({ opaque }) => opaque))
})
