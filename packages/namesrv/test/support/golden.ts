import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { FrameDecoder, type ReceivedCommand } from '@mq/protocol'

/** One request to Apache's name server and its answer, recorded. */
export interface Exchange {
  source: '4.7.1' | '5.3.3' | 'go' | 'ali-ons'
  code: number
  name: string
  /** What was being done. */
  note: string
  request: ReceivedCommand
  response: ReceivedCommand | undefined
}

const file = new URL('../golden/exchanges.json.gz', import.meta.url)

export function goldenExchanges(): Exchange[] {
  const recorded = JSON.parse(gunzipSync(readFileSync(file)).toString()) as (Omit<Exchange, 'request' | 'response'> & {
    request: string
    response: string | null
  })[]
  return recorded.map((one) => ({
    ...one,
    request: decode(one.request),
    response: one.response === null ? undefined : decode(one.response),
  }))
}

function decode(hex: string): ReceivedCommand {
  let command: ReceivedCommand | undefined
  new FrameDecoder().decode(Buffer.from(hex, 'hex'), (one) => (command = one))
  return command!
}
