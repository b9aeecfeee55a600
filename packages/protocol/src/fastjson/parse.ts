import { asBuffer } from '../buffers.js'
import { ProtocolError } from '../errors.js'
import { isPlainJson } from './plain-json.js'
import { FastjsonReader } from './reader.js'

export interface FastjsonLimits {
  /** Deepest nesting read. Default 64; the deepest body of RocketMQ has 6 levels. */
  depthMax?: number
  /** Largest text read, bytes. Default 256 MiB: offset tables of large brokers come as files beyond a frame's 16 MiB. */
  bytesMax?: number
}

const depthMaxDefault = 64
const bytesMaxDefault = 256 * 1024 * 1024

/**
 * Reads JSON as fastjson writes it, which is not always JSON:
 *
 * - integer keys without quotes become the same property a quoted one would;
 * - an object with objects as keys becomes a `Map` from object to value;
 * - `{"$ref":"$.a[0]"}` becomes the value that stands there;
 * - integers beyond 2^53 become bigints, NaN becomes null.
 *
 * Text without these forms is left to `JSON.parse`. Throws `ProtocolError` `JSON` with the place.
 */
export function parseFastjson(source: string | Uint8Array, limits: FastjsonLimits = {}): unknown {
  const { depthMax = depthMaxDefault, bytesMax = bytesMaxDefault } = limits
  if (source.length > bytesMax) {
    throw new ProtocolError('JSON', `the JSON text has ${source.length} bytes, the limit is ${bytesMax}`)
  }
  const text = typeof source === 'string' ? source : asBuffer(source).toString('utf8')
  if (isPlainJson(text, depthMax)) {
    try {
      return JSON.parse(text)
    } catch {
      // The tolerant reader decides, and says where it is wrong.
    }
  }
  return new FastjsonReader(text, depthMax).document()
}
