import { asBuffer } from '../buffers.js'
import { recordLayout } from './record.js'

const separator = 1
const terminator = 2
const absent = -1

/**
 * Looks up the same few properties in one stored record after another: one pass over the bytes, no text is made of what
 * nobody asks for, and the body is not looked at. Finds what `decodeProperties` would.
 */
export class PropertySlices {
  readonly #names: Buffer[]
  readonly #starts: number[]
  readonly #ends: number[]
  readonly #texts: (string | undefined)[]
  #bytes: Buffer = Buffer.alloc(0)

  /** Slot i is the property `names[i]`. */
  constructor(names: readonly string[]) {
    this.#names = names.map((name) => Buffer.from(name))
    this.#starts = names.map(() => absent)
    this.#ends = names.map(() => absent)
    this.#texts = names.map(() => undefined)
  }

  /** Turns to a record, whose bytes must stay as they are until the next call. Throws `ProtocolError` `RECORD`. */
  read(record: Uint8Array): void {
    const { propertiesAt, propertiesSize } = recordLayout(record)
    this.#bytes = asBuffer(record)
    this.#starts.fill(absent)
    this.#texts.fill(undefined)
    const end = propertiesAt + propertiesSize
    for (let at = propertiesAt; at < end;) {
      const itemEnd = this.#find(terminator, at, end)
      this.#takeItem(at, itemEnd)
      at = itemEnd + 1
    }
  }

  /** The value in a slot; undefined when the record has no such property. */
  text(slot: number): string | undefined {
    const start = this.#starts[slot]!
    if (start === absent) return undefined
    return (this.#texts[slot] ??= this.#bytes.toString('utf8', start, this.#ends[slot]))
  }

  #takeItem(at: number, end: number): void {
    for (let slot = 0; slot < this.#names.length; slot++) {
      const name = this.#names[slot]!
      if (this.#bytes[at + name.length] === separator && this.#isAt(name, at, end)) {
        return this.#takeValue(slot, at + name.length + 1, end)
      }
    }
  }

  /** Of a repeated name the last value that is one counts. */
  #takeValue(slot: number, start: number, itemEnd: number): void {
    let end = itemEnd
    while (end > start && this.#bytes[end - 1] === separator) end--
    if (end <= start || this.#find(separator, start, end) < end) return
    this.#starts[slot] = start
    this.#ends[slot] = end
  }

  #isAt(name: Buffer, at: number, end: number): boolean {
    if (at + name.length >= end) return false
    for (let i = 0; i < name.length; i++) if (this.#bytes[at + i] !== name[i]) return false
    return true
  }

  /** Where a byte is next, or `end`. */
  #find(byte: number, from: number, end: number): number {
    let at = from
    while (at < end && this.#bytes[at] !== byte) at++
    return at
  }
}
