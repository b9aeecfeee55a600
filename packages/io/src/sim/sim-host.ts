import type { Host, Io } from '../ports.js'
import { createSimClock } from './sim-clock.js'
import { DiskState } from './disk-state.js'
import { SeededRandom } from './seeded-random.js'
import { SimDisk } from './sim-disk.js'
import type { SimListener } from './sim-listener.js'
import { createSimNetwork } from './sim-network.js'
import { SimProcess } from './sim-process.js'
import type { World } from './world.js'

export interface SimHostOptions {
  /** Size of its disk. Default 1 TB: it takes memory only for what is written. */
  diskBytes?: number
  /** How far its wall clock is ahead of the simulation's. Default 0. */
  clockOffsetMs?: number
}

/** A simulated machine that runs one process: own address, own disk, own wall clock. */
export class SimHost {
  /** How far its wall clock is ahead of the simulation's, in milliseconds; may be changed at any time. */
  clockOffsetMs: number
  /** False between a power loss and the next restart: no packet is answered. */
  powered = true
  /** By port. */
  readonly listeners = new Map<number, SimListener>()
  readonly #disk: DiskState
  #process: SimProcess
  #io: Io
  #lives = 0
  #lastEphemeralPort = 32_767

  constructor(
    private readonly world: World,
    readonly name: string,
    /** As in `10.0.0.1`. */
    readonly address: string,
    { diskBytes = 10 ** 12, clockOffsetMs = 0 }: SimHostOptions = {},
  ) {
    this.clockOffsetMs = clockOffsetMs
    this.#disk = new DiskState(world, name, diskBytes)
    this.#process = new SimProcess(world, this)
    this.#io = this.#createIo()
  }

  /** The world as its present process sees it. After `kill` it stays the dead one's, which reaches nothing, until `restart`. */
  get io(): Io {
    return this.#io
  }

  get alive(): boolean {
    return this.#process.alive
  }

  /**
   * Ends the process at once, as `kill -9`: its timers, listeners and connections are gone, its peers see them closed, its
   * files are as it left them. With `losePower` the machine goes off: what was not synced is lost, peers hear nothing.
   */
  kill({ losePower = false }: { losePower?: boolean } = {}): void {
    this.world.trace.note(this.name, 'kill', Number(losePower))
    this.#process.die(losePower)
    this.listeners.clear()
    if (!losePower) return
    this.powered = false
    this.#disk.losePower()
  }

  /** Stops its process, as SIGSTOP does: connections stay open, nothing is answered, timers are late. */
  pause(): void {
    this.world.trace.note(this.name, 'pause')
    this.#process.paused = true
  }

  resume(): void {
    this.world.trace.note(this.name, 'resume')
    this.#process.resume()
  }

  get paused(): boolean {
    return this.#process.paused
  }

  /**
   * Connections with another host are broken off; with `halfOpen` the other host does not notice before it sends something.
   * Returns how many there were.
   */
  loseConnections(to: string, { halfOpen = false }: { halfOpen?: boolean } = {}): number {
    const lost = [...this.#process.connections].filter(({ peerHost }) => peerHost === to)
    this.world.trace.note(this.name, 'connections.lost', lost.length)
    for (const connection of lost) connection.lose(halfOpen)
    return lost.length
  }

  /** Flips the bits of `mask` in a byte of a file, as it rests on the disk. */
  damage(path: string, position: number, mask: number): void {
    this.world.trace.note(this.name, 'disk.damage', position, mask)
    this.#disk.fileAt(path)?.damage(position, mask)
  }

  /** A new process over the same disk; a living one is killed first. */
  restart(): Io {
    if (this.alive) this.kill()
    this.world.trace.note(this.name, 'restart')
    this.powered = true
    this.#process = new SimProcess(this.world, this)
    this.#io = this.#createIo()
    return this.#io
  }

  /** A port for a connection going out, or for a listener that asks for any. */
  nextPort(): number {
    do this.#lastEphemeralPort = this.#lastEphemeralPort >= 60_999 ? 32_768 : this.#lastEphemeralPort + 1
    while (this.listeners.has(this.#lastEphemeralPort))
    return this.#lastEphemeralPort
  }

  #createIo(): Io {
    const process = this.#process
    const host: Host = {
      pid: process.pid,
      hostname: this.name,
      memoryBytes: 8 * 2 ** 30,
      addresses: () => [this.address, '127.0.0.1'],
      vitals: () => ({ runtime: 'simulation', upMs: 0, ...simulatedMemory }),
      stayAwake: () => () => {},
    }
    return {
      clock: createSimClock(process),
      network: createSimNetwork(process),
      disk: new SimDisk(process, this.#disk),
      random: new SeededRandom(this.world.seed, `${this.name}/${this.#lives++}`),
      host,
    }
  }
}

/** Machines of a simulation have no memory of their own that could be measured. */
const simulatedMemory = { residentBytes: 0, heapUsedBytes: 0, heapTotalBytes: 0, externalBytes: 0 }
