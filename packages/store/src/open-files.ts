import type { Disk, DiskFile } from '@mq/io'

/**
 * Keeps a bounded number of files open, closing the one used longest ago: thousands of queues have more files than a
 * process may have descriptors. Take the file anew for each use, never keep it.
 */
export class OpenFiles {
  readonly #open = new Map<string, DiskFile>()

  constructor(
    private readonly disk: Disk,
    private readonly countMax = 512,
    private readonly readOnly = false,
  ) {}

  /** The file, opened (and created when `create`) if need be. Throws `IoError`. */
  get(path: string, create = false): DiskFile {
    const known = this.#open.get(path)
    if (known) this.#open.delete(path)
    else if (this.#open.size >= this.countMax) this.#closeOldest()
    const file = known ?? this.disk.open(path, { create, readOnly: this.readOnly })
    this.#open.set(path, file)
    return file
  }

  /** Closes one file, because it is to be removed. */
  close(path: string): void {
    this.#open.get(path)?.close()
    this.#open.delete(path)
  }

  closeAll(): void {
    for (const file of this.#open.values()) file.close()
    this.#open.clear()
  }

  #closeOldest(): void {
    for (const path of this.#open.keys()) return this.close(path)
  }
}
