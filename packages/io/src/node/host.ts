import os from 'node:os'
import type { Host } from '../ports.js'

const LONGEST_INTERVAL_MS = 2 ** 31 - 1

export const nodeHost: Host = {
  pid: process.pid,
  hostname: os.hostname(),
  memoryBytes: memoryBytes(),
  addresses() {
    const all = Object.values(os.networkInterfaces()).flatMap((entries) => entries ?? [])
    // IPv4 first: RocketMQ's clients and its record format expect it where a machine has both.
    const rank = (entry: os.NetworkInterfaceInfo): number =>
      (entry.internal ? 2 : 0) + (entry.family === 'IPv6' ? 1 : 0)
    return all.sort((a, b) => rank(a) - rank(b)).map((entry) => entry.address)
  },
  vitals() {
    const { rss, heapUsed, heapTotal, external } = process.memoryUsage()
    return {
      runtime: `Node.js ${process.version}`,
      upMs: Math.round(process.uptime() * 1000),
      residentBytes: rss,
      heapUsedBytes: heapUsed,
      heapTotalBytes: heapTotal,
      externalBytes: external,
    }
  },
  stayAwake() {
    const timer = setInterval(() => {}, LONGEST_INTERVAL_MS)
    return () => clearInterval(timer)
  },
}

/** In a container the limit counts, not the machine. */
function memoryBytes(): number {
  const limit = process.constrainedMemory?.() ?? 0
  return limit > 0 && limit < os.totalmem() ? limit : os.totalmem()
}
