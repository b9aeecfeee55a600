import { hashBytes, hashText, mix32 } from './hash.js'

export interface TraceEvent {
  /** Milliseconds since the start of the simulation. */
  atMs: number
  host: string
  /** What happened: `timer`, `data`, `disk.write`, … */
  event: string
  /** Numbers that tell it apart: sizes, positions, ports. */
  details: readonly number[]
}

/** A fingerprint of everything that happened, in order. Two runs that differ in one byte or one microsecond differ in it. */
export class Trace {
  #low = 0x243f6a88
  #high = 0x85a308d3
  readonly #texts = new Map<string, number>()

  constructor(
    private readonly nowUs: () => number,
    private readonly listener?: (event: TraceEvent) => void,
  ) {}

  note(host: string, event: string, ...details: number[]): void {
    const now = this.nowUs()
    this.#add(now % 2 ** 32)
    this.#add(this.#hashOf(host))
    this.#add(this.#hashOf(event))
    for (const detail of details) this.#add(detail % 2 ** 32)
    this.listener?.({ atMs: now / 1000, host, event, details })
  }

  noteBytes(host: string, event: string, bytes: Uint8Array, at = 0): void {
    this.note(host, event, at, bytes.length, hashBytes(bytes))
  }

  hash(): string {
    const hex = (value: number): string => (value >>> 0).toString(16).padStart(8, '0')
    return hex(this.#high) + hex(this.#low)
  }

  #add(value: number): void {
    this.#low = mix32(this.#low ^ value)
    this.#high = (Math.imul(this.#high, 0x01000193) + this.#low) | 0
  }

  /** Names and kinds are few and come often. */
  #hashOf(text: string): number {
    let hash = this.#texts.get(text)
    if (hash === undefined) this.#texts.set(text, (hash = hashText(text)))
    return hash
  }
}
