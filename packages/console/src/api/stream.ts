import { ConsoleError } from '../console-error.js'
import type { Route } from '../http/route.js'

/** Each holds a connection and is written to every other second. */
const viewersMax = 200

/** Server-sent events: `live` with a `LiveView`, `problem` with an `ErrorAnswer`. */
export const stream: Route = {
  method: 'GET',
  path: '/api/stream',
  answer({ backend: { live }, request, response }) {
    if (live.viewers >= viewersMax)
      throw new ConsoleError('TOO_MANY_VIEWERS', `${live.viewers} pages are open already`, 'Close some of them.')
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      // Proxies that collect answers before they pass them on would stop a stream.
      'x-accel-buffering': 'no',
    })
    response.write('retry: 2000\n\n')
    let isBehind = false
    const viewer = {
      send(event: string): boolean {
        if (isBehind) return false
        isBehind = !response.write(event)
        return true
      },
    }
    response.on('drain', () => (isBehind = false))
    request.on('close', () => live.leave(viewer))
    live.join(viewer)
    return undefined
  },
}
