/** What is wrong in a store's folder, and where. */
export interface Finding {
  kind: 'commit log' | 'checksums' | 'consume queue' | 'extended queue' | 'index' | 'checkpoint' | 'config'
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
