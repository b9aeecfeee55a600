import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/**
 * Below the range from which systems take the ports of outgoing connections: there, a port that was free a moment ago is
 * easily somebody's local end when the server under test comes to listen on it.
 */
const lowest = 10_240
const highest = 32_000
/** As far from each other as a broker's ports reach. */
const step = 4

/** A port nobody listens on right now. */
export function freePort(): Promise<number> {
  return freePortWith([])
}

/** A broker also takes the port two below and, for its slaves, the one above. */
export function freeBrokerPort(): Promise<number> {
  return freePortWith([-2, 1])
}

async function freePortWith(neighbours: readonly number[]): Promise<number> {
  for (let tries = 0; tries < 200; tries++) {
    // Test files run side by side: by chance they hardly ever choose the same.
    const port = lowest + step * randomInt((highest - lowest) / step)
    const needed = [port, ...neighbours.map((distance) => port + distance)]
    if ((await Promise.all(needed.map(isFree))).every(Boolean)) return port
  }
  throw new Error(`no free port was found between ${lowest} and ${highest}`)
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  })
}
