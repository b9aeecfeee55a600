import { accessSync, constants, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Logger } from '@mq/io'
import pino from 'pino'
import { createStream, type RotatingFileStream } from 'rotating-file-stream'
import { readableLine } from './readable-line.js'

export interface ServerLogOptions {
  /** Name of the file without ending, and of the process in its lines. */
  name: string
  /** Where the file is; made when missing. Undefined: no file. */
  directory: string | undefined
}

export interface ServerLog {
  readonly logger: Logger
  /** Undefined when there is none. */
  readonly file: string | undefined
  close(): Promise<void>
}

/** A file is put aside at this size; so many of those are kept. */
const fileSize = '50M'
const filesKept = 10

/**
 * Lines go to a rotating file as JSON, all from level `info` on; and to stderr: readable warnings on a terminal, JSON
 * elsewhere. `MQ_LOG_LEVEL` sets another level for both. Throws when the folder cannot be written.
 */
export function openServerLog({ name, directory }: ServerLogOptions): ServerLog {
  const level = levelOf(process.env['MQ_LOG_LEVEL'])
  const streams: pino.StreamEntry[] = [stderrEntry(level)]
  const file = directory === undefined ? undefined : openFile(directory, `${name}.log`)
  if (file) streams.push({ level: level ?? 'info', stream: file })
  const serializers = { error: pino.stdSerializers.err, cause: pino.stdSerializers.err }
  const logger = pino(
    { base: { pid: process.pid, process: name }, level: level ?? 'info', serializers },
    pino.multistream(streams),
  )
  return {
    logger: logger as unknown as Logger,
    file: directory === undefined ? undefined : join(directory, `${name}.log`),
    close: () => new Promise((done) => (file ? file.end(() => done()) : done())),
  }
}

const known: readonly string[] = ['debug', 'info', 'warn', 'error']
const levelOf = (text: string | undefined): pino.Level | undefined =>
  text !== undefined && known.includes(text) ? (text as pino.Level) : undefined

function stderrEntry(level: pino.Level | undefined): pino.StreamEntry {
  if (!process.stderr.isTTY) return { level: level ?? 'info', stream: process.stderr }
  const colors = !process.env['NO_COLOR']
  const write = (line: string) => void process.stderr.write(readableLine(line, colors))
  return { level: level ?? 'warn', stream: { write } }
}

function openFile(directory: string, name: string): RotatingFileStream {
  try {
    mkdirSync(directory, { recursive: true })
    accessSync(directory, constants.W_OK)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new Error(
      `logs cannot be written to ${directory} (${code}): make it writable, or use another: --log-dir DIR`,
      {
        cause: error,
      },
    )
  }
  const stream = createStream(name, { path: directory, size: fileSize, maxFiles: filesKept })
  let told = false
  // A full disk under the logs must not end a server.
  stream.on('error', (error: Error) => {
    if (!told) process.stderr.write(`logs cannot be written to ${directory}: ${error.message}\n`)
    told = true
  })
  return stream
}
