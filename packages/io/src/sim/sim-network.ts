import { formatAddress } from '../address.js'
import { type Address, type Connection, IoError, type ListenOptions, type Network } from '../ports.js'
import { simConnect } from './sim-connect.js'
import { SimListener } from './sim-listener.js'
import type { SimProcess } from './sim-process.js'

export function createSimNetwork(process: SimProcess): Network {
  return {
    listen: async (options, accept) => listen(process, options, accept),
    connect: (options) => simConnect(process, options),
    // Keys and certificates are any texts here.
    checkTls: () => {},
  }
}

function listen(process: SimProcess, options: ListenOptions, accept: (connection: Connection) => void): SimListener {
  const { host } = process
  const tried = `cannot listen on ${formatAddress(options)}`
  if (!process.alive) throw new IoError('IO_FAILED', `${tried}: the process was killed`)
  if (!ownAddresses(process).includes(options.host)) {
    throw new IoError('ADDRESS_NOT_AVAILABLE', `${tried}: ${host.name} has no such address, it has ${host.address}`)
  }
  if (options.tls?.mode === 'enforcing' && (options.tls.key === undefined || options.tls.cert === undefined)) {
    throw new IoError('TLS_FAILED', `${tried} with TLS: key or certificate is missing`)
  }
  if (host.listeners.has(options.port)) {
    throw new IoError('ADDRESS_IN_USE', `${tried}: the port is taken. Choose another port`)
  }
  const address: Address = { host: options.host, port: options.port || host.nextPort() }
  const listener = new SimListener(process, address, options, accept)
  host.listeners.set(address.port, listener)
  process.world.trace.note(host.name, 'listen', address.port)
  return listener
}

function ownAddresses({ host }: SimProcess): string[] {
  return ['0.0.0.0', '::', 'localhost', '127.0.0.1', '::1', host.address, host.name]
}
