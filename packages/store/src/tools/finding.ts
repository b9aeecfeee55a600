/** What is wrong in a store's folder, and where. */
export interface Finding {
  kind: 'commit log' | 'checksums' | 'consume queue' | 'extension file' | 'index' | 'checkpoint' | 'config'
  file: string
  /** Byte in the file. */
  offset: number
  problem: string
}

/** Where two equally long stretches first differ; undefined when they do not. */
export function firstDifference(a: Uint8Array, b: Uint8Array): number | undefined {
  for (let at = 0; at < b.length; at++) if (a[at] !== b[at]) return at
  return undefined
}

/** After a stop without notice: is all that differs what did not reach the disk? The next start sees to it. */
export const isUnwritten = (found: Uint8Array, wanted: Uint8Array): boolean =>
  wanted.every((byte, at) => found[at] === byte || found[at] === 0)
