import type { Address, Connection, Listener, ListenOptions, TlsServerOptions } from '../ports.js'
import type { SimProcess } from './sim-process.js'

export class SimListener implements Listener {
  #tls: TlsServerOptions | undefined

  constructor(
    readonly process: SimProcess,
    readonly address: Address,
    readonly options: ListenOptions,
    readonly accept: (connection: Connection) => void,
  ) {
    this.#tls = options.tls
  }

  renewTls(tls: TlsServerOptions): void {
    this.#tls = tls
  }

  async close(): Promise<void> {
    const { listeners } = this.process.host
    if (listeners.get(this.address.port) === this) listeners.delete(this.address.port)
  }

  takesFrom(address: string): boolean {
    return !isLoopback(this.address.host) || isLoopback(address)
  }

  /** Why a peer that speaks TLS, or does not, is turned away; undefined when it is welcome. */
  refusal(secure: boolean): string | undefined {
    const { mode = 'disabled', key, cert, makeCertificate } = this.#tls ?? {}
    if (!secure) {
      return mode === 'enforcing'
        ? 'it does not speak TLS, and this port takes nothing else (tls.server.mode=enforcing)'
        : undefined
    }
    if (mode === 'disabled') return 'it speaks TLS, but TLS is switched off on this port'
    if (makeCertificate || (key !== undefined && cert !== undefined)) return undefined
    return 'it speaks TLS, but this port has no certificate (tls.server.certPath, tls.server.keyPath)'
  }
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '127.0.0.1' || host === '::1'
}
