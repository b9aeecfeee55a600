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
  /** `--insecure` was given. */
  insecure?: boolean
}

/**
 * Throws a sentence unless this machine alone can connect, those who connect have to say who they are, or the user has said
 * that nobody need to.
 */
export function requireGuard({ host, because, tls, acl, insecure }: OpenListener): void {
  if (insecure || acl || isLoopback(host) || asksForCertificates(tls)) return
  const place = because === undefined ? host : `${host} (for ${because})`
  const guard =
    acl === undefined
      ? 'Have client certificates asked for (tls.server.mode=enforcing, tls.server.need.client.auth=require)'
      : 'Set aclEnable=true, which asks who it is'
  throw new Error(
    `listening on ${place} would let in anybody on the network. ${guard}, or add --insecure to let everybody in; --host 127.0.0.1 keeps it to this machine`,
  )
}

/** Is everybody turned away who has no certificate of an authority that is trusted? */
const asksForCertificates = ({ mode, clientCertificate }: TlsServerOptions): boolean =>
  mode === 'enforcing' && clientCertificate === 'require'
