/** Can only this machine reach what listens on this address? */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || host.startsWith('127.') || host === '::ffff:127.0.0.1'

/** What to call to reach a server that listens on this address, from its own machine. */
export const reachableHost = (listening: string): string =>
  listening === '0.0.0.0' ? '127.0.0.1' : listening === '::' ? '::1' : listening
