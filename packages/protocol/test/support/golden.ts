import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'

const unpack = (name: string): Buffer => gunzipSync(readFileSync(new URL(`../golden/${name}`, import.meta.url)))

/** What Apache's client read from a stored record. */
export interface ManifestMessage {
  topic: string
  queueId: number
  queueOffset: number
  commitLogOffset: number
  storeSize: number
  msgId: string
  uniqKey: string | null
  storeTimestamp: number
  bornTimestamp: number
  sysFlag: number
  flag: number
  bodyCRC: number
  bornHost: string
  storeHost: string
  reconsumeTimes: number
  preparedTransactionOffset: number
  properties: Record<string, string>
  bodyLength: number
  body?: string
  bodySha256?: string
}

export const goldenVersions = ['4.7.1', '5.3.3'] as const

export const goldenRecords = (version: (typeof goldenVersions)[number]) => ({
  bytes: unpack(`records/${version}.bin.gz`),
  messages: JSON.parse(unpack(`records/${version}.json.gz`).toString()) as ManifestMessage[],
})

export interface GoldenHeader {
  code: number
  flag: number
  language: string
  opaque: number
  version: number
  remark?: string
  extFields?: Record<string, string>
}

export interface Exchange {
  source: '4.7.1' | '5.3.3' | 'go' | 'ali-ons'
  code: number
  name: string
  serializeType: 'JSON' | 'ROCKETMQ'
  /** Hex of the whole frame. */
  request: string
  requestHeader: GoldenHeader
  requestBody?: { length: number; text?: string }
  response: string | null
  responseHeader?: GoldenHeader
  responseBody?: { length: number; text?: string }
}

export const goldenExchanges = (): Exchange[] => JSON.parse(unpack('frames/exchanges.json.gz').toString())
