import type { Random } from '../ports.js'
import { hashText, mix32 } from './hash.js'

/** Chris Doty-Humphrey's sfc32: small, fast, and good enough that nobody sees a pattern. */
export class SeededRandom implements Random {
  #a: number
  #b: number
  #c: number
  #counter = 1

  /** The same seed and label give the same numbers; other labels give unrelated ones. */
  constructor(seed: number, label: string) {
    this.#a = mix32(seed >>> 0)
    this.#b = mix32(Math.floor(seed / 2 ** 32) ^ 0x9e3779b9)
    this.#c = hashText(label)
    for (let i = 0; i < 12; i++) this.uint32()
  }

  uint32(): number {
    const result = (this.#a + this.#b + this.#counter++) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + result) | 0
    return result >>> 0
  }

  below(limit: number): number {
    return Math.floor((this.uint32() / 2 ** 32) * limit)
  }

  bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length)
    for (let at = 0; at < length; at++) bytes[at] = this.uint32() >>> 24
    return bytes
  }
}
