import { ProtocolError } from '../errors.js'
import { addressBytes, addressText, type HostAddress } from './host-address.js'
import { readInt64, writeInt64 } from './int64.js'

/*
 * offsetMsgId := hex( address: 4 or 16 bytes | port: i32 | commitLogOffset: i64 ), upper case: 32 or 56 characters
 */

/** The id a broker gives a message: where it lies (`MessageDecoder.createMessageId`). */
export const offsetMessageId = (host: HostAddress, commitLogOffset: number): string =>
  prefixOf(host) + hex16(commitLogOffset)

let lastHost: HostAddress | undefined
let lastPrefix = ''

/** A broker has one address, so its half of the id is made once. */
function prefixOf(host: HostAddress): string {
  if (host !== lastHost) {
    const port = Buffer.alloc(4)
    port.writeInt32BE(host.port)
    lastPrefix = Buffer.concat([addressBytes(host.host), port])
      .toString('hex')
      .toUpperCase()
    lastHost = host
  }
  return lastPrefix
}

const scratch = Buffer.alloc(8)

function hex16(offset: number): string {
  // Most offsets need less than 32 bits of high half; hex by digits of the number is faster than through a buffer.
  if (offset >= 0) return offset.toString(16).toUpperCase().padStart(16, '0')
  writeInt64(scratch, offset, 0)
  return scratch.toString('hex').toUpperCase()
}

/** Address and commit log offset of an id. Throws `ProtocolError` `MESSAGE_ID` for any other text, a unique key included. */
export function decodeMessageId(id: string): { host: HostAddress; commitLogOffset: number } {
  if (!/^(?:[0-9a-fA-F]{32}|[0-9a-fA-F]{56})$/.test(id)) {
    throw new ProtocolError(
      'MESSAGE_ID',
      `'${id.slice(0, 80)}' is no message id of a broker: that is 32 or 56 hexadecimal digits`,
    )
  }
  const bytes = Buffer.from(id, 'hex')
  const size = id.length === 32 ? 4 : 16
  const commitLogOffset = readInt64(bytes, size + 4)
  const port = bytes.readInt32BE(size)
  if (!Number.isSafeInteger(commitLogOffset) || commitLogOffset < 0 || port < 0 || port > 65_535) {
    throw new ProtocolError(
      'MESSAGE_ID',
      `'${id}' is no message id of a broker: it holds port ${port} and offset ${commitLogOffset}; is it a UNIQ_KEY?`,
    )
  }
  return { host: { host: addressText(bytes, 0, size), port }, commitLogOffset }
}
