import type { TlsServerOptions } from '@mq/io'
import { isLoopback } from './loopback.js'

/** A server that is about to listen. */
export interface OpenListener {
  host: string
  /** Why there, when nobody named the address itself: `brokerIP1=10.0.0.5`. */
  because?: string
  tls: TlsServerOptions
  /** `aclEnable`; undefined for a server that has no access control. */
  acl?: boolean
  /** The user has said so. */
  insecure?: boolean
  /** How one says so. Default: by the flag of the commands. */
  insecureBy?: string
}

/**
 * Throws a sentence unless this machine alone can connect, those who connect have to say who they are, or the user has said
 * that nobody need to.
 */
export function requireGuard(listener: OpenListener): void {
  const { host, because, tls, acl, insecure, insecureBy = '--insecure' } = listener
  if (insecure || acl || isLoopback(host) || asksForCertificates(tls)) return
  const place = because === undefined ? host : `${host} (for ${because})`
  const guard =
    acl === undefined
      ? 'Have client certificates asked for (tls.server.mode=enforcing, tls.server.need.client.auth=require)'
      : 'Set aclEnable=true, which asks who it is'
  throw new Error(
    `listening on ${place} would let in anybody on the network. ${guard}, or add ${insecureBy} to let everybody in; the host 127.0.0.1 keeps it to this machine`,
  )
}

/** Is everybody turned away who has no certificate of an authority that is trusted? */
const asksForCertificates = ({ mode, clientCertificate }: TlsServerOptions): boolean =>
  mode === 'enforcing' && clientCertificate === 'require'
