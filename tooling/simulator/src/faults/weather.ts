import type { IoErrorCode, Random } from '@mq/io'
import { type DiskCall, type Faults, noFaults } from '@mq/io/sim'

interface DiskTrouble {
  host: string
  calls: readonly DiskCall[]
  code: IoErrorCode
  path: RegExp
}

/** What of a write that was not synced a power loss leaves. */
export type Survival = 'nothing' | 'some sectors' | 'everything'

/** All faults of the network and the disks that are on now. Switched on and off while a seed runs. */
export class Weather implements Partial<Faults> {
  /** `from>to`: nothing passes. */
  readonly #blocked = new Set<string>()
  /** Ms more, by host. */
  readonly #slowLinks = new Map<string, number>()
  readonly #slowReaders = new Map<string, number>()
  readonly #slowSyncs = new Map<string, number>()
  readonly #slowReads = new Map<string, number>()
  readonly #troubles = new Set<DiskTrouble>()
  survival: Survival = 'nothing'
  /** Percent of folders whose unsynced changes of names survive a power loss. */
  namesSurvivePercent = 0

  latencyMs(from: string, to: string, random: Random): number {
    const more = Math.max(this.#slowLinks.get(from) ?? 0, this.#slowLinks.get(to) ?? 0)
    return noFaults.latencyMs(from, to, random) + (more > 0 ? random.below(more) : 0)
  }

  reachable(from: string, to: string): boolean {
    return !this.#blocked.has(`${from}>${to}`)
  }

  readerMs(host: string): number {
    return this.#slowReaders.get(host) ?? 0
  }

  syncMs(host: string, path: string, random: Random): number {
    const more = this.#slowSyncs.get(host) ?? 0
    return noFaults.syncMs(host, path, random) + (more > 0 ? random.below(more) : 0)
  }

  readMs(host: string, path: string, random: Random): number {
    const more = this.#slowReads.get(host) ?? 0
    return noFaults.readMs(host, path, random) + (more > 0 ? random.below(more) : 0)
  }

  diskError(host: string, call: DiskCall, path: string): IoErrorCode | undefined {
    for (const trouble of this.#troubles)
      if (trouble.host === host && trouble.calls.includes(call) && trouble.path.test(path)) return trouble.code
    return undefined
  }

  survives(_host: string, _path: string, _sector: number, random: Random): boolean {
    if (this.survival === 'some sectors') return random.below(2) === 0
    return this.survival === 'everything'
  }

  namesSurvive(_host: string, _path: string, random: Random): boolean {
    return random.below(100) < this.namesSurvivePercent
  }

  block(from: string, to: string): () => void {
    const link = `${from}>${to}`
    this.#blocked.add(link)
    return () => void this.#blocked.delete(link)
  }

  slowLink(host: string, ms: number): () => void {
    return put(this.#slowLinks, host, ms)
  }

  slowReader(host: string, ms: number): () => void {
    return put(this.#slowReaders, host, ms)
  }

  slowSync(host: string, ms: number): () => void {
    return put(this.#slowSyncs, host, ms)
  }

  slowRead(host: string, ms: number): () => void {
    return put(this.#slowReads, host, ms)
  }

  failing(trouble: DiskTrouble): () => void {
    this.#troubles.add(trouble)
    return () => void this.#troubles.delete(trouble)
  }
}

function put(map: Map<string, number>, host: string, ms: number): () => void {
  map.set(host, ms)
  return () => void map.delete(host)
}
