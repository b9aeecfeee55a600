import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Logger } from '@mq/io'
import type { Backend } from '../backend.js'
import { ConsoleError } from '../console-error.js'
import { consoleErrorOf, errorAnswer } from './error-answer.js'
import { checkRequest } from './gate.js'
import { readJson } from './read-body.js'
import { matchRoute, type Route } from './route.js'
import { securityHeaders } from './security-headers.js'
import type { StaticFiles } from './static-files.js'

/** What requests are answered with. The API is loaded when it is first asked for: a console nobody opens costs nothing. */
export interface RequestContext {
  files: StaticFiles
  api: () => Promise<{ routes: readonly Route[]; backend: Backend }>
  allowedHosts: ReadonlySet<string>
  logger: Logger
}

const bodyBytesMax = 64 * 1024

/** Never rejects: whatever goes wrong becomes an answer. */
export async function handleRequest(
  context: RequestContext,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value)
  try {
    checkRequest(request, context.allowedHosts)
    const url = parsedUrl(request)
    if (url.pathname === '/api' || url.pathname.startsWith('/api/')) await callApi(context, request, response, url)
    else await serveFile(context, request, response, url.pathname)
  } catch (error) {
    sendError(context.logger, request, response, error)
  }
}

async function callApi(
  context: RequestContext,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
): Promise<void> {
  const { routes, backend } = await context.api()
  const { route, params } = matchRoute(routes, request.method ?? '', url.pathname)
  const body = route.method === 'POST' ? await readJson(request, route.bodyBytesMax ?? bodyBytesMax) : undefined
  const answer = await route.answer({ backend, params, query: url.searchParams, body, request, response })
  if (answer !== undefined) sendJson(response, 200, answer)
}

async function serveFile(
  { files }: RequestContext,
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD')
    throw new ConsoleError('METHOD_NOT_ALLOWED', `${request.method} is not possible here`, 'Use GET.')
  await files.serve(request, response, path)
}

function parsedUrl(request: IncomingMessage): URL {
  try {
    // The base only completes the path; a path of two slashes must not become a host.
    return new URL((request.url ?? '/').replace(/^\/+/, '/'), 'http://console')
  } catch {
    throw new ConsoleError('BAD_REQUEST', 'the address of the request cannot be read', 'Open / for the pages.')
  }
}

function sendJson(response: ServerResponse, status: number, answer: object): void {
  const bytes = Buffer.from(JSON.stringify(answer))
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': bytes.length,
    'cache-control': 'no-store',
  })
  response.end(response.req.method === 'HEAD' ? undefined : bytes)
}

function sendError(logger: Logger, request: IncomingMessage, response: ServerResponse, error: unknown): void {
  const { status, code } = consoleErrorOf(error)
  if (code === 'INTERNAL') logger.error({ err: error, method: request.method }, 'a request to the console failed')
  if (response.headersSent) return void response.destroy()
  // The rest of a body that was not read would be taken for the next request.
  if (!request.complete) response.setHeader('connection', 'close')
  sendJson(response, status, errorAnswer(error))
}
