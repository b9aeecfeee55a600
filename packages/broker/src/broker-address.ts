import type { Address, Host } from '@mq/io'
import { addressBytes, type HostAddress } from '@mq/protocol'
import type { BrokerConfig } from './config-table.js'

const wildcards = new Set(['0.0.0.0', '::', ''])

/** Where clients are told to reach the broker: `brokerIP1`, else what it listens on, else the machine's first address. */
export function advertisedHost(config: BrokerConfig, host: Host): string {
  if (config.brokerIP1) return config.brokerIP1
  return wildcards.has(config.bindAddress) ? firstAddress(host) : config.bindAddress
}

/** The address in records and message ids. It takes an IP address: a name stays what clients are told. */
export const storeAddress = (advertised: string, host: Host, listening: Address): HostAddress => ({
  host: isIpAddress(advertised) ? advertised : advertised === 'localhost' ? '127.0.0.1' : firstAddress(host),
  port: listening.port,
})

/** Not every client reads IPv6 hosts in records. */
function firstAddress(host: Host): string {
  const addresses = host.addresses()
  return addresses.find((address) => !address.includes(':')) ?? addresses[0] ?? '127.0.0.1'
}

function isIpAddress(text: string): boolean {
  try {
    return addressBytes(text).length > 0
  } catch {
    return false
  }
}
