import type { Disk, Logger } from '@mq/io'
import { parseFastjson } from '@mq/protocol'
import type { DocumentStore } from './message-store.js'

/** JSON documents in the store's `config` folder, each with its previous version as `.bak` (`ConfigManager`). */
export class FileDocuments implements DocumentStore {
  constructor(
    private readonly disk: Disk,
    private readonly directory: string,
    private readonly logger: Logger,
  ) {}

  read(name: string): unknown {
    const path = this.#pathOf(name)
    return this.#parsed(path) ?? this.#parsed(`${path}.bak`)
  }

  write(name: string, text: string): void {
    const path = this.#pathOf(name)
    this.disk.makeDirectory(this.directory)
    const present = this.disk.readWhole(path)
    // A damaged one must not take the place of the good version kept beside it.
    if (present && isReadable(present)) this.disk.replaceWhole(`${path}.bak`, present)
    this.disk.replaceWhole(path, Buffer.from(text))
  }

  #parsed(path: string): unknown {
    const bytes = this.disk.readWhole(path)
    if (!bytes || bytes.length === 0) return undefined
    try {
      return parseFastjson(bytes)
    } catch (error) {
      this.logger.warn({ path, error }, `${path} cannot be read`)
      return undefined
    }
  }

  #pathOf(name: string): string {
    if (!/^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/.test(name)) throw new RangeError(`'${name}' is no name of a document`)
    return `${this.directory}/${name}`
  }
}

function isReadable(bytes: Uint8Array): boolean {
  try {
    return bytes.length > 0 && parseFastjson(bytes) !== undefined
  } catch {
    return false
  }
}
