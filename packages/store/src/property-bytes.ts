/*
 * Properties as they lie in a record: { name SOH value STX }*. Looked at in place: a text is made only of what is not ASCII.
 */
export const SOH = 1
const STX = 2

/** The form `ValueFinder` looks for. */
export const propertyMark = (name: string): Buffer => Buffer.from(`${name}\u0001`)

/**
 * Finds where the values of a few properties begin, in one pass: that of the last when there are several, as in Java; -1 for
 * one that is missing or empty. A value that has a SOH in it is none: whoever reads it looks.
 */
export class ValueFinder {
  readonly starts: number[]

  constructor(private readonly marks: readonly Buffer[]) {
    this.starts = marks.map(() => -1)
  }

  find(bytes: Uint8Array, from: number, to: number): void {
    const { marks, starts } = this
    for (let i = 0; i < marks.length; i++) starts[i] = -1
    for (let at = from; at < to; at++) {
      for (let i = 0; i < marks.length; i++) {
        const mark = marks[i]!
        if (bytes[at] === mark[0] && startsValue(bytes, at, to, mark)) starts[i] = at + mark.length
      }
      while (at < to && bytes[at] !== STX) at++
    }
  }
}

function startsValue(bytes: Uint8Array, at: number, to: number, mark: Buffer): boolean {
  if (at + mark.length >= to || bytes[at + mark.length] === STX) return false
  for (let i = 1; i < mark.length; i++) if (bytes[at + i] !== mark[i]) return false
  return true
}

export function endOfValue(bytes: Uint8Array, from: number, to: number): number {
  let at = from
  while (at < to && bytes[at] !== STX) at++
  return at
}

/** Java's string hash, continued over ASCII; undefined where something else, or a SOH, is met. */
export function asciiHash(hash: number, bytes: Uint8Array, from: number, to: number): number | undefined {
  for (let at = from; at < to; at++) {
    const byte = bytes[at]!
    if (byte >= 0x80 || byte === SOH) return undefined
    hash = (Math.imul(31, hash) + byte) | 0
  }
  return hash
}
