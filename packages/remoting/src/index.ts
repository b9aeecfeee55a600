export { createRemotingClient, type RemotingClientOptions } from './client.js'
export { defaultLinkLimits, type LinkLimits } from './link.js'
export { RemotingServer, type ListenAt, type RemotingServerOptions } from './server.js'
export * from './types.js'
