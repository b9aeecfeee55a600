/** A bijection of 32-bit numbers in which every bit depends on every bit (the end of MurmurHash3). */
export function mix32(value: number): number {
  let h = value | 0
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}

export function hashText(text: string): number {
  let h = 0x811c9dc5
  for (let at = 0; at < text.length; at++) h = Math.imul(h ^ text.charCodeAt(at), 0x01000193)
  return mix32(h)
}

export function hashBytes(bytes: Uint8Array): number {
  let h = 0x811c9dc5
  for (let at = 0; at < bytes.length; at++) h = Math.imul(h ^ bytes[at]!, 0x01000193)
  return mix32(h)
}
