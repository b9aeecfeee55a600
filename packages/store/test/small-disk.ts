import { spawnSync, type SpawnSyncReturns } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const mounted = 'mount -t tmpfs -o size=16m mq "$0" && exec "$@" "$0"'

/**
 * Runs a command with a file system of 16 MiB of its own, whose folder is its last argument. Linux lets anybody do so where user
 * namespaces are open.
 */
export function onSmallDisk(command: string, ...args: string[]): SpawnSyncReturns<string> {
  const folder = mkdtempSync(join(tmpdir(), 'mq-small-disk-'))
  const options = { encoding: 'utf8', timeout: 120_000 } as const
  try {
    return spawnSync('unshare', ['-rm', 'sh', '-c', mounted, folder, command, ...args], options)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Why there can be no such thing here; undefined when there can. */
export function whyNoSmallDisk(): string | undefined {
  const { status, error, stderr } = onSmallDisk('ls')
  return status === 0 ? undefined : (error?.message ?? stderr.trim())
}
