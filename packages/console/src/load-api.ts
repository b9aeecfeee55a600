import type { Io } from '@mq/io'
import { routes } from './api/routes.js'
import { Backend } from './backend.js'
import type { ClientSourceOptions } from './client-source.js'
import type { ClusterSource } from './cluster-source.js'

export interface ApiOptions extends Omit<ClientSourceOptions, 'io'> {
  version: string
  io?: Io
  source?: () => ClusterSource
}

/** The part of the console that needs the client: imported, like the client itself, with the first request to the API. */
export async function loadApi({ version, source, ...options }: ApiOptions) {
  const io = options.io ?? (await import('@mq/io/node')).nodeIo()
  const makeSource = source ?? (await clientSource({ ...options, io }))
  return { routes, backend: new Backend({ source: makeSource(), clock: io.clock, version }) }
}

async function clientSource({ namesrv, credentials, tls, logger, io }: ClientSourceOptions) {
  const { ClientSource } = await import('./client-source.js')
  return () => new ClientSource({ namesrv, credentials, tls, logger, io })
}
