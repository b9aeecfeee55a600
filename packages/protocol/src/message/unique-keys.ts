import { addressBytes } from './host-address.js'

/*
 * UNIQ_KEY := hex( address: 4 or 16 | pid: i16 | source: i32 | ms since the month began: i32 | counter: i16 )
 * (`MessageClientIDSetter`, 4.7.1), upper case.
 */

export interface UniqueKeysOptions {
  /** An address of this machine. */
  address: string
  pid: number
  /** Tells several sources of one process apart, 32 bits. Java puts the hash of a class loader here. */
  source: number
  /** Wall clock, ms. */
  now: () => number
}

/** Gives each message of a producer an id of its own: one string joined of a fixed part and a counter. */
export class UniqueKeys {
  readonly #prefix: string
  #monthStartMs = 0
  #monthEndMs = 0
  #counter = 0
  #lastMs = -1
  #lastTime = ''

  constructor(private readonly options: UniqueKeysOptions) {
    const fixed = Buffer.alloc(6)
    fixed.writeUInt16BE(options.pid & 0xffff, 0)
    fixed.writeUInt32BE(options.source >>> 0, 2)
    this.#prefix = Buffer.concat([addressBytes(options.address), fixed])
      .toString('hex')
      .toUpperCase()
  }

  next(): string {
    const counter = (this.#counter = (this.#counter + 1) & 0xffff)
    return this.#prefix + this.#time() + counter.toString(16).toUpperCase().padStart(4, '0')
  }

  #time(): string {
    const now = this.options.now()
    if (now !== this.#lastMs) {
      if (now >= this.#monthEndMs || now < this.#monthStartMs) this.#enterMonth(now)
      this.#lastMs = now
      this.#lastTime = (now - this.#monthStartMs).toString(16).toUpperCase().padStart(8, '0')
    }
    return this.#lastTime
  }

  /** The local month, as Java's calendar has it. */
  #enterMonth(now: number): void {
    const date = new Date(now)
    this.#monthStartMs = new Date(date.getFullYear(), date.getMonth(), 1).getTime()
    this.#monthEndMs = new Date(date.getFullYear(), date.getMonth() + 1, 1).getTime()
  }
}
