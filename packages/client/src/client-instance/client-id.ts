import type { Io } from '@mq/io'

/** The address other machines most likely know this one by: the first that is not loopback. */
export const localAddress = (io: Io): string => io.host.addresses()[0] ?? '127.0.0.1'

/** `ip@instance[@unit]`, the name by which brokers know a client (`ClientConfig.buildMQClientId`). */
export const clientIdOf = (io: Io, instanceName: string, unitName?: string): string =>
  `${localAddress(io)}@${instanceName}${unitName ? `@${unitName}` : ''}`
