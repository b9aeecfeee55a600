import type { IncomingMessage } from 'node:http'
import { badRequest, ConsoleError } from '../console-error.js'

/** The JSON a request brings. Rejects before more than `bytesMax` bytes are held. */
export async function readJson(request: IncomingMessage, bytesMax: number): Promise<unknown> {
  // A form of a foreign page can send any text, but not under this type.
  const type = request.headers['content-type'] ?? ''
  if (!/^application\/json\s*(;|$)/i.test(type))
    throw new ConsoleError(
      'UNSUPPORTED_MEDIA_TYPE',
      `the body must be JSON, not ${type.slice(0, 60) || 'of an unnamed type'}`,
      'Send it with the header Content-Type: application/json.',
    )
  const bytes = await readBytes(request, bytesMax)
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (error) {
    throw badRequest(`the body is not JSON: ${(error as Error).message}`, 'Correct the body and send it again.')
  }
}

async function readBytes(request: IncomingMessage, bytesMax: number): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > bytesMax) throw tooLarge(bytesMax)
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += piece.length
    if (size > bytesMax) throw tooLarge(bytesMax)
    pieces.push(piece)
  }
  return Buffer.concat(pieces, size)
}

const tooLarge = (bytesMax: number): ConsoleError =>
  new ConsoleError('BODY_TOO_LARGE', `the body has more than ${bytesMax} bytes`, 'Send less at a time.')
