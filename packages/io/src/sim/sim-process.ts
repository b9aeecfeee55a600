import type { SimConnection } from './sim-connection.js'
import type { SimHost } from './sim-host.js'
import type { World } from './world.js'

/**
 * One life of a host's process. When it is over nothing reaches it any more, and nothing it still does has an effect.
 */
export class SimProcess {
  alive = true
  readonly pid: number
  readonly connections = new Set<SimConnection>()

  constructor(
    readonly world: World,
    readonly host: SimHost,
  ) {
    this.pid = world.nextPid()
  }

  /** Runs `task` now plus `delayMs`, if the process lives then. */
  in(delayMs: number, task: () => void): void {
    this.world.scheduler.in(delayMs, task, this)
  }

  die(losePower: boolean): void {
    this.alive = false
    for (const connection of this.connections) connection.vanish(losePower)
    this.connections.clear()
  }
}
