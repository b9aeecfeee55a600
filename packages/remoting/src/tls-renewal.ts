import { watchFiles, type Io, type Logger, type Timer } from '@mq/io'

/** Where keys and certificates come from, see `TlsServerOptions` and `TlsClientOptions`. */
interface TlsSource<Tls> {
  readonly paths: readonly string[]
  read(): Tls
}

/**
 * Has keys and certificates read anew when their files change, and `use` them for the connections to come; `use` throws for
 * what cannot be used, and the old ones stay. Files may be seen half written: the next look then finds them changed again.
 */
export function renewTls<Tls>(
  { io, logger }: { io: Io; logger: Logger },
  /** Completes "new connections …". */
  connections: string,
  source: TlsSource<Tls>,
  use: (tls: Tls) => void,
): Timer {
  return watchFiles(io, source.paths, () => {
    try {
      use(source.read())
      logger.info({}, `new connections ${connections} get the certificates in ${source.paths.join(', ')}`)
    } catch (error) {
      const { message } = error as Error
      logger.error({ error }, `certificates of connections ${connections} stay as they were: ${message}`)
    }
  })
}
