import type { Disk } from '@mq/io'

/** The first bytes of a file, however large it is; undefined when there is none. */
export function readStart(disk: Disk, path: string, bytesMax: number): Buffer | undefined {
  const size = disk.stat(path)?.size
  if (size === undefined) return undefined
  const file = disk.open(path, { readOnly: true })
  try {
    const bytes = Buffer.alloc(Math.min(size, bytesMax))
    return bytes.subarray(0, file.readNow(bytes, 0))
  } finally {
    file.close()
  }
}
