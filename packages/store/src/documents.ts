import type { Disk, Logger } from '@mq/io'
import { parseFastjson } from '@mq/protocol'
import type { DocumentSums } from './document-sums.js'
import type { DocumentStore } from './message-store.js'

/** JSON documents in the store's `config` folder, each with its previous version as `.bak` (`ConfigManager`). */
export class FileDocuments implements DocumentStore {
  constructor(
    private readonly disk: Disk,
    private readonly directory: string,
    private readonly logger: Logger,
    private readonly sums?: DocumentSums,
  ) {}

  read(name: string): unknown {
    return this.#parsed(name) ?? this.#parsed(`${name}.bak`)
  }

  write(name: string, text: string): void {
    checkDocumentName(name)
    this.disk.makeDirectory(this.directory)
    const present = this.disk.readWhole(this.#pathOf(name))
    // A damaged one must not take the place of the good version kept beside it.
    if (present && parseDocument(present) !== undefined) this.#replace(`${name}.bak`, present)
    this.#replace(name, Buffer.from(text))
  }

  #replace(name: string, document: Uint8Array): void {
    this.disk.replaceWhole(this.#pathOf(name), document)
    try {
      this.sums?.note(name, document)
    } catch (error) {
      this.logger.warn({ name, error }, `no checksum of ${name} could be written`)
    }
  }

  #parsed(name: string): unknown {
    const path = this.#pathOf(name)
    const bytes = this.disk.readWhole(path)
    const document = bytes && parseDocument(bytes)
    if (bytes && bytes.length > 0 && document === undefined) this.logger.warn({ path }, `${path} cannot be read`)
    return document
  }

  #pathOf(name: string): string {
    checkDocumentName(name)
    return `${this.directory}/${name}`
  }
}

/** Throws `RangeError` for what is no file name, whatever an engine keeps its documents in. */
export function checkDocumentName(name: string): void {
  if (!/^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/.test(name)) throw new RangeError(`'${name}' is no name of a document`)
}

/** The parsed document, tolerant of integer keys; undefined when it cannot be read. */
export function parseDocument(text: string | Uint8Array): unknown {
  try {
    return text.length > 0 ? parseFastjson(text) : undefined
  } catch {
    return undefined
  }
}
