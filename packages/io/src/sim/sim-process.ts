import type { SimEvent } from './event-queue.js'
import type { SimConnection } from './sim-connection.js'
import type { SimHost } from './sim-host.js'
import type { World } from './world.js'

/**
 * One life of a host's process. When it is over nothing reaches it any more, and nothing it still does has an effect.
 */
export class SimProcess {
  alive = true
  /** Stopped, as by SIGSTOP: what would happen to it waits, and its peers wait too. */
  paused = false
  readonly #postponed: SimEvent[] = []
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

  postpone(event: SimEvent): void {
    this.#postponed.push(event)
  }

  /** Everything that waited happens now, in its order: timers that are late, what the network brought. */
  resume(): void {
    this.paused = false
    for (const event of this.#postponed.splice(0)) this.world.scheduler.again(event)
    for (const connection of this.connections) connection.wake()
  }

  die(losePower: boolean): void {
    this.alive = false
    for (const connection of this.connections) connection.vanish(losePower)
    this.connections.clear()
  }
}
