import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { ConsoleError } from '../console-error.js'

/** Throws `FORBIDDEN` for what a page of another site could have made a browser send. */
export function checkRequest(request: IncomingMessage, allowedHosts: ReadonlySet<string>): void {
  checkHost(request, allowedHosts)
  checkOrigin(request)
}

/**
 * DNS rebinding: a foreign page's own name is made to point here, and its scripts count as ours. They cannot change the
 * Host header, which is that name; so names are refused unless they are known. An address cannot be rebound.
 */
function checkHost({ headers }: IncomingMessage, allowedHosts: ReadonlySet<string>): void {
  const name = hostName(headers.host)
  if (name !== undefined && (isIP(name) !== 0 || allowedHosts.has(name))) return
  throw new ConsoleError(
    'FORBIDDEN',
    `this console does not answer under the name '${printable(headers.host ?? '')}'`,
    'Open it by its address or as localhost, or start it with this name among its allowed hosts.',
  )
}

/** Browsers say where a request comes from; other programs say nothing, and no page can make them send one. */
function checkOrigin({ headers }: IncomingMessage): void {
  const { origin, host } = headers
  const site = headers['sec-fetch-site']
  const isForeignSite = site === 'cross-site' || site === 'same-site'
  if (!isForeignSite && (origin === undefined || origin === `http://${host}` || origin === `https://${host}`)) return
  throw new ConsoleError(
    'FORBIDDEN',
    `this request comes from another site: ${printable(origin ?? String(site))}`,
    'Use the pages of this console, or call its API without an Origin header.',
  )
}

/** `localhost` of `localhost:8080`, `::1` of `[::1]:8080`; undefined for what is neither. */
function hostName(host: string | undefined): string | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::\d{1,5})?$/i.exec(host ?? '')
  return (match?.[1] ?? match?.[2])?.toLowerCase()
}

const printable = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?').slice(0, 100)
