import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { FrameDecoder, type ReceivedCommand } from '../../src/index.js'

export const goldenSources = ['4.7.1', '5.3.3', 'go', 'ali-ons'] as const
export type GoldenSource = (typeof goldenSources)[number]

/** One recorded request with its answer, if there was one. */
export interface GoldenExchange {
  /** The step of the recording that was running. */
  note: string
  request: Buffer
  response: Buffer | undefined
}

/** All exchanges of one request code, sent by one source. */
export interface GoldenFile {
  source: GoldenSource
  /** `10-send-message.json` */
  name: string
  code: number
  exchanges: GoldenExchange[]
}

interface StoredExchange {
  note: string
  request: string
  response: string | null
}

const bytesOf = (hex: string) => Buffer.from(hex, 'hex')

export function goldenFiles(source: GoldenSource): GoldenFile[] {
  const packed = readFileSync(new URL(`../golden/remoting/${source}.json.gz`, import.meta.url))
  const files = JSON.parse(gunzipSync(packed).toString()) as Record<string, StoredExchange[]>
  return Object.entries(files).map(([name, exchanges]) => ({
    source,
    name,
    code: Number.parseInt(name, 10),
    exchanges: exchanges.map(({ note, request, response }) => ({
      note,
      request: bytesOf(request),
      response: response === null ? undefined : bytesOf(response),
    })),
  }))
}

/** Decodes exactly one frame. */
export function commandOf(frame: Buffer): ReceivedCommand {
  const commands: ReceivedCommand[] = []
  const decoder = new FrameDecoder()
  decoder.decode(frame, (command) => commands.push(command))
  if (commands.length !== 1 || !decoder.idle) throw new Error(`${commands.length} commands in a frame`)
  return commands[0]!
}

/** The header of a JSON frame as plain JSON, read without any code of this package; undefined for a binary one. */
export function plainHeaderOf(frame: Buffer): Record<string, unknown> | undefined {
  const word = frame.readUInt32BE(4)
  return word >>> 24 === 0 ? JSON.parse(frame.toString('utf8', 8, 8 + (word & 0xff_ffff))) : undefined
}
