/** Upper ends of the ranges, ms, as Apache names them. */
const ranges: [endMs: number, name: string][] = [
  [0, '[<=0ms]'],
  [10, '[0~10ms]'],
  [50, '[10~50ms]'],
  [100, '[50~100ms]'],
  [200, '[100~200ms]'],
  [500, '[200~500ms]'],
  [1000, '[500ms~1s]'],
  [2000, '[1~2s]'],
  [3000, '[2~3s]'],
  [4000, '[3~4s]'],
  [5000, '[4~5s]'],
  [10_000, '[5~10s]'],
  [Infinity, '[10s~]'],
]

/** How long sends take from their arrival to their acknowledgement, in ranges (`StoreStatsService`, 4.7.1). */
export class PutLatency {
  readonly #counts = new Array<number>(ranges.length).fill(0)
  maxMs = 0

  add(elapsedMs: number): void {
    const wholeMs = Math.floor(elapsedMs)
    if (wholeMs > this.maxMs) this.maxMs = wholeMs
    let range = 0
    while (wholeMs > ranges[range]![0]) range++
    this.#counts[range]!++
  }

  /** `[<=0ms]:14 [0~10ms]:46 … `, as runtime info has it, with the blank at its end. */
  toString(): string {
    return ranges.map(([, name], i) => `${name}:${this.#counts[i]} `).join('')
  }
}
