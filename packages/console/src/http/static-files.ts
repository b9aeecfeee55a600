import { createReadStream, existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { extname, join, relative, sep } from 'node:path'
import { pipeline } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { createGzip } from 'node:zlib'
import { ConsoleError } from '../console-error.js'

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.json': 'application/json; charset=utf-8',
  '.woff2': 'font/woff2',
}
const compressible = /^(text|application)\/|svg/

/**
 * The built app. Its files are listed at the first request, and only what is on the list is ever opened: a path
 * from outside is a key to look up, never a part of a file name. Files are streamed, none is kept in memory.
 */
export class StaticFiles {
  #files: Promise<Map<string, string>> | undefined

  constructor(private readonly directory: string) {}

  async serve(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    const name = path === '/' ? '/index.html' : path
    const file = await this.#find(name)
    if (file === undefined) throw await this.#missing(path)
    const type = contentTypes[extname(file)] ?? 'application/octet-stream'
    const zips = compressible.test(type) && /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''))
    response.writeHead(200, {
      'content-type': type,
      'cache-control': cacheControl(name),
      vary: 'accept-encoding',
      ...(zips && { 'content-encoding': 'gzip' }),
    })
    if (request.method === 'HEAD') return void response.end()
    const bytes = createReadStream(file)
    const closed = () => undefined // The browser went away, or the file did: either way there is nobody left to tell.
    if (zips) pipeline(bytes, createGzip(), response, closed)
    else pipeline(bytes, response, closed)
  }

  /** What is not on the list may be new: the app is built again under a running console, and its files have new names. */
  async #find(name: string): Promise<string | undefined> {
    const known = (await (this.#files ??= listFiles(this.directory))).get(name)
    if (known !== undefined && existsSync(known)) return known
    this.#files = listFiles(this.directory)
    return (await this.#files).get(name)
  }

  async #missing(path: string): Promise<ConsoleError> {
    const isBuilt = (await this.#files)?.has('/index.html')
    return isBuilt
      ? new ConsoleError(
          'NOT_FOUND',
          `there is no ${path.slice(0, 100)} here`,
          'Open / for the pages, /api/cluster for data.',
        )
      : new ConsoleError(
          'NOT_FOUND',
          'the pages of the console are not built',
          'Run `npm run build`, then load this page again.',
        )
  }
}

/** Files under assets/ have a hash of their content in their names; the others keep theirs from version to version. */
const cacheControl = (name: string): string =>
  name.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache'

async function listFiles(directory: string): Promise<Map<string, string>> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => [])
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return new Map(files.map((file) => [`/${relative(directory, file).split(sep).join('/')}`, file]))
}

/** Where the build puts the app: beside the built server, or, when the server runs from its source, in the package's dist. */
export function builtAppDirectory(): string {
  const beside = fileURLToPath(new URL('./app', import.meta.url))
  return existsSync(join(beside, 'index.html')) ? beside : fileURLToPath(new URL('../../dist/app', import.meta.url))
}
