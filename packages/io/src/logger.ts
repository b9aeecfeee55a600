/**
 * Where the parts of MQ write what an operator should know. Shaped like pino: hand in a pino logger, or anything with
 * these methods. Fields first, then the sentence.
 */
export interface Logger {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
  child(fields: object): Logger
}

const nothing = (): void => {}

/** Says nothing. The default of every library package. */
export const silentLogger: Logger = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  child: () => silentLogger,
}
