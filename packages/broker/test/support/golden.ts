import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { FrameDecoder, parseFastjson, type ReceivedCommand } from '@mq/protocol'

/** A request of a real client to Apache's broker 4.7.1, and what that answered. */
export interface Exchange {
  code: number
  /** What the recording was doing. */
  note: string
  request: ReceivedCommand
  /** Undefined for one-way requests, and for codes 4.7.1 leaves unanswered. */
  response: ReceivedCommand | undefined
}

export function goldenExchanges(): Exchange[] {
  const path = new URL('../golden/broker-4.7.1.json.gz', import.meta.url)
  const raw = JSON.parse(gunzipSync(readFileSync(path)).toString('utf8')) as {
    code: number
    note: string
    request: string
    response: string | null
  }[]
  return raw.map(({ code, note, request, response }) => ({
    code,
    note,
    request: frame(request),
    response: response === null ? undefined : frame(response),
  }))
}

function frame(hex: string): ReceivedCommand {
  let command: ReceivedCommand | undefined
  new FrameDecoder({ frameBytesMax: 1 << 24 }).decode(Buffer.from(hex, 'hex'), (one) => (command = one))
  return command!
}

/**
 * What an answer is made of, without its values: code, names of fields, and of a JSON body the names of its members and
 * the kinds of what they hold, a level below.
 */
export const shapeOf = (answer: ReceivedCommand) => ({
  code: answer.code,
  fields: Object.keys(answer.extFields ?? {}).sort(),
  body: bodyShape(answer.body),
})

function bodyShape(body: Uint8Array | undefined): unknown {
  if (body === undefined) return 'none'
  if (body[0] !== 0x7b)
    return /^[\w.]+=/.test(Buffer.from(body.subarray(0, 64)).toString('latin1')) ? 'properties' : 'records'
  const value = parseFastjson(body) as Record<string, unknown>
  return Object.fromEntries(
    Object.entries(value)
      .sort()
      .map(([name, member]) => [name, memberShape(member)]),
  )
}

function memberShape(value: unknown): unknown {
  if (Array.isArray(value)) return 'list'
  return typeof value === 'object' ? 'object' : typeof value
}
