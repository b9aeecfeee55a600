import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Backend } from '../backend.js'
import { badRequest, ConsoleError } from '../console-error.js'

/** One row of the API: a file in `src/api` exports one, `src/api/routes.ts` lists them. */
export interface Route {
  method: 'GET' | 'POST'
  /** Segments that begin with a colon are parameters: `/api/topics/:name`. */
  path: string
  /** POST only: bytes the body may have. Default 64 KiB. */
  bodyBytesMax?: number
  /** What it resolves with goes out as JSON. Undefined: `response` is answered by the route itself. */
  answer(call: Call): Promise<object | undefined> | object | undefined
}

export interface Call {
  backend: Backend
  params: Readonly<Record<string, string>>
  query: URLSearchParams
  /** The parsed body of a POST. */
  body: unknown
  request: IncomingMessage
  response: ServerResponse
}

export interface RouteMatch {
  route: Route
  params: Record<string, string>
}

/** Throws `NOT_FOUND`, or `METHOD_NOT_ALLOWED` when there is the path, but not for this method. */
export function matchRoute(routes: readonly Route[], method: string, path: string): RouteMatch {
  const matches = routes.flatMap((route) => {
    const params = matchPath(route.path, path)
    return params ? [{ route, params }] : []
  })
  const match = matches.find(({ route }) => route.method === method)
  if (match) return match
  if (matches.length === 0)
    throw new ConsoleError(
      'NOT_FOUND',
      `the API has no ${path.slice(0, 100)}`,
      "The console's README lists what there is.",
    )
  const methods = matches.map(({ route }) => route.method).join(' or ')
  throw new ConsoleError('METHOD_NOT_ALLOWED', `${method} is not possible at ${path.slice(0, 100)}`, `Use ${methods}.`)
}

function matchPath(pattern: string, path: string): Record<string, string> | undefined {
  const wanted = pattern.split('/')
  const given = path.split('/')
  if (wanted.length !== given.length) return undefined
  const params: Record<string, string> = Object.create(null)
  for (const [i, segment] of wanted.entries()) {
    if (segment.startsWith(':')) params[segment.slice(1)] = decoded(given[i]!)
    else if (segment !== given[i]) return undefined
  }
  return params
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    throw badRequest(`'${segment.slice(0, 60)}' is not correctly percent-encoded`, 'Encode a % as %25.')
  }
}
