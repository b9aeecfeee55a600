import { type Logger, silentLogger } from '@mq/io'
import type { Run } from '../run.js'

/** What a node has to say goes into the trace. */
export function sentenceLogger(run: Run, who: string): Logger {
  const say = (_fields: object, message: string): void => run.note(who, `says: ${message}`)
  const logger: Logger = { ...silentLogger, info: say, warn: say, error: say, child: () => logger }
  return logger
}
