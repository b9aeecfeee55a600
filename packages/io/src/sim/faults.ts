import type { IoErrorCode, Random } from '../ports.js'

export type DiskCall = 'open' | 'write' | 'sync' | 'read' | 'truncate' | 'rename' | 'remove'

/**
 * Where a simulated world may be worse than a healthy one. Hosts are given by name. Each method is asked at the moment
 * its answer counts and may answer differently each time; `random` is the simulation's, so that the seed decides.
 */
export interface Faults {
  /** Milliseconds, with a fraction, from one host to the other. Also the way to say: slow network, jitter. */
  latencyMs(from: string, to: string, random: Random): number
  /** False: nothing passes from the one to the other for now; it is sent again until it does, as TCP does. */
  reachable(from: string, to: string): boolean
  /** Milliseconds until bytes that were read make room for others on their way: how slowly a host reads. */
  readerMs(host: string, bytes: number, random: Random): number
  /** Milliseconds until a sync is done. */
  syncMs(host: string, path: string, random: Random): number
  /** Milliseconds until an asynchronous read is done. */
  readMs(host: string, path: string, random: Random): number
  /**
   * An error to fail this call with. A sync that fails has made nothing durable, and the system forgets that there was
   * something to write: no later sync makes it durable either, unless it is written again.
   */
  diskError(host: string, call: DiskCall, path: string): IoErrorCode | undefined
  /** Whether a sector (512 bytes, counted from the start of the file) that was written but not synced survives a power loss. */
  survives(host: string, path: string, sector: number, random: Random): boolean
  /** Whether what was created, renamed and removed in a folder since it was synced survives a power loss. */
  namesSurvive(host: string, path: string, random: Random): boolean
  /** May change bytes that were read, as a disk does that lies. */
  afterRead(host: string, path: string, bytes: Uint8Array, position: number, random: Random): void
}

/** A good network and a good disk: 0.05 to 0.4 ms a way, 0.2 to 1 ms a sync; what was not synced is lost with the power. */
export const noFaults: Faults = {
  // In steps: several segments arriving at the same instant make the turns that batching is about.
  latencyMs: (from, to, random) => (from === to ? 0.05 : 0.05 * (1 + random.below(8))),
  reachable: () => true,
  readerMs: () => 0,
  syncMs: (_host, _path, random) => 0.2 + 0.1 * random.below(9),
  readMs: (_host, _path, random) => 0.05 * (1 + random.below(4)),
  diskError: () => undefined,
  survives: () => false,
  namesSurvive: () => false,
  afterRead: () => {},
}

/** Asks `faults` for what it answers, now: its methods may be put in and taken out while the simulation runs. */
export function withDefaults(faults: Partial<Faults>): Faults {
  return {
    latencyMs: (...args) => (faults.latencyMs ? faults.latencyMs(...args) : noFaults.latencyMs(...args)),
    reachable: (...args) => faults.reachable?.(...args) ?? true,
    readerMs: (...args) => faults.readerMs?.(...args) ?? 0,
    syncMs: (...args) => (faults.syncMs ? faults.syncMs(...args) : noFaults.syncMs(...args)),
    readMs: (...args) => (faults.readMs ? faults.readMs(...args) : noFaults.readMs(...args)),
    diskError: (...args) => faults.diskError?.(...args),
    survives: (...args) => faults.survives?.(...args) ?? false,
    namesSurvive: (...args) => faults.namesSurvive?.(...args) ?? false,
    afterRead: (...args) => faults.afterRead?.(...args),
  }
}
