import type { Disk } from '@mq/io'

/** How full the disk is that holds a path. */
export interface DiskSpace {
  path: string
  totalBytes: number
  freeBytes: number
  /** Used part, 0 to 1. */
  ratio: number
}

export function spaceOf(disk: Disk, path: string): DiskSpace {
  const { totalBytes, freeBytes } = disk.space(path)
  return { path, totalBytes, freeBytes, ratio: totalBytes > 0 ? 1 - freeBytes / totalBytes : 0 }
}

/** The same as words. */
export function spaceText({ path, totalBytes, freeBytes, ratio }: DiskSpace): string {
  const use = `${sizeText(totalBytes - freeBytes)} used, ${sizeText(freeBytes)} free`
  return `the disk that holds ${path} is ${Math.round(ratio * 100)} % full (${use})`
}

const sizeText = (bytes: number): string =>
  bytes >= 1 << 20 ? `${Math.round(bytes / (1 << 20)).toLocaleString('en')} MiB` : `${Math.round(bytes / 1024)} KiB`
