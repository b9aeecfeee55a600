import { type Address, IoError } from './ports.js'

/**
 * Reads `host:port`: a name, an IPv4 address, or an IPv6 address in brackets. Port 0 to 65535.
 *
 * @throws IoError `BAD_ADDRESS` with a sentence that quotes the text.
 */
export function parseAddress(text: string): Address {
  const bracketed = /^\[([0-9a-fA-F:.%\w]+)\]:(\d{1,5})$/.exec(text)
  const plain = bracketed ?? /^([^\s:[\]/]+):(\d{1,5})$/.exec(text)
  if (!plain) throw badAddress(text)
  const port = Number(plain[2])
  if (port > 65535) throw new IoError('BAD_ADDRESS', `${quoted(text)} has port ${port}; ports end at 65535`)
  return { host: plain[1]!, port }
}

/** `host:port`, with IPv6 addresses in brackets. */
export function formatAddress(address: Address): string {
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`
}

function badAddress(text: string): IoError {
  const colons = text.split(':').length - 1
  const hint =
    colons === 0
      ? 'the port is missing, as in 127.0.0.1:9876'
      : colons > 1 && !text.startsWith('[')
        ? 'an IPv6 address goes in brackets, as in [::1]:9876'
        : 'write host:port, as in 127.0.0.1:9876'
  return new IoError('BAD_ADDRESS', `${quoted(text)} is not an address: ${hint}`)
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text)
}
