import type { Io } from '../ports.js'
import { createClock } from './clock.js'
import { nodeDisk } from './disk.js'
import { nodeHost } from './host.js'
import { createNetwork } from './network.js'
import { nodeRandom } from './random.js'
import { createGuard, rethrow } from './guard.js'

export interface NodeIoOptions {
  /**
   * Gets what a timer, a task or a connection's callback throws; the others go on. Default: the error is thrown again
   * on its own, so that it ends the process with its stack unless the process handles `uncaughtException`.
   */
  onError?: (error: unknown) => void
}

/** The real world: this machine's clock, sockets, files and randomness. */
export function nodeIo({ onError = rethrow }: NodeIoOptions = {}): Io {
  const guard = createGuard(onError)
  return {
    clock: createClock(guard),
    network: createNetwork(guard),
    disk: nodeDisk,
    random: nodeRandom,
    host: nodeHost,
  }
}
