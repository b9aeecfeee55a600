import { homedir } from 'node:os'
import type { Io } from '@mq/io'
import { nodeIo } from '@mq/io/node'

let shared: Io | undefined

/** The real world, made once. The only place of this package that knows Node's: everywhere else an `Io` is handed in. */
export const defaultIo = (): Io => (shared ??= nodeIo())

/** Where Apache's client keeps offsets of broadcasting consumers. */
export const defaultOffsetsDirectory = (): string => homedir()
