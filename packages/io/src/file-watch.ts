import type { Clock, Disk, Timer } from './ports.js'

/** How often files are looked at, ms: as RocketMQ's `FileWatchService`. */
const periodMs = 500

/**
 * Calls `changed` after one of the files has another size or time of change, or has come or gone; once for what changed
 * together. Looks at the files every half second, which works on every file system and with files that are links.
 */
export function watchFiles(
  { clock, disk }: { clock: Clock; disk: Disk },
  paths: readonly string[],
  changed: () => void,
): Timer {
  const look = (): string => paths.map((path) => traceOf(disk, path)).join()
  let seen = look()
  return clock.every(periodMs, () => {
    const now = look()
    if (now === seen) return
    seen = now
    changed()
  })
}

/** A file that cannot be looked at is as good as gone, until it can. */
function traceOf(disk: Disk, path: string): string {
  try {
    const stat = disk.stat(path)
    return stat === undefined ? 'gone' : `${stat.size}@${stat.modifiedMs}`
  } catch {
    return 'gone'
  }
}
