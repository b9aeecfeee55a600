import type { Io, Logger } from '@mq/io'
import { routes } from './api/routes.js'
import { Backend } from './backend.js'
import type { ClusterSource } from './cluster-source.js'

export interface ApiOptions {
  namesrv: string | readonly string[]
  version: string
  logger: Logger
  io: Io | undefined
  source: (() => ClusterSource) | undefined
}

/** The part of the console that needs the client: imported, like the client itself, with the first request to the API. */
export async function loadApi({ namesrv, version, logger, io: given, source }: ApiOptions) {
  const io = given ?? (await import('@mq/io/node')).nodeIo()
  const makeSource = source ?? (await clientSource({ namesrv, io, logger }))
  return { routes, backend: new Backend({ source: makeSource(), clock: io.clock, version }) }
}

async function clientSource(options: { namesrv: string | readonly string[]; io: Io; logger: Logger }) {
  const { ClientSource } = await import('./client-source.js')
  return () => new ClientSource(options)
}
