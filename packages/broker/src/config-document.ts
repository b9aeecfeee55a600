import type { Clock, Logger } from '@mq/io'
import type { DocumentStore } from '@mq/store'

/**
 * One of the small JSON files of a broker's `config` folder (`ConfigManager`, 4.7.1). Changes of one turn of the event
 * loop are written together, before the answers of that turn leave: what a client was told is on disk.
 */
export class ConfigDocument {
  #planned = false
  #dirty = false

  constructor(
    private readonly ports: { documents: DocumentStore; clock: Clock; logger: Logger },
    /** File name, `topics.json`. */
    readonly name: string,
    /** The whole file, in Apache's form. */
    private readonly text: () => string,
  ) {}

  /** What was stored last; undefined when there is nothing yet. */
  read(): unknown {
    return this.ports.documents.read(this.name)
  }

  /** Writes at the end of this turn. */
  changed(): void {
    this.#dirty = true
    if (this.#planned) return
    this.#planned = true
    this.ports.clock.endOfTurn(() => {
      this.#planned = false
      this.flush()
    })
  }

  /** For documents that are flushed by a timer. */
  markDirty(): void {
    this.#dirty = true
  }

  /** Writes now, if anything changed. A failure is logged and tried again at the next flush: the broker goes on. */
  flush(): void {
    if (!this.#dirty) return
    try {
      this.ports.documents.write(this.name, this.text())
      this.#dirty = false
    } catch (error) {
      const cause = error instanceof Error ? error.message : String(error)
      this.ports.logger.error({ error, document: this.name }, `${this.name} could not be written: ${cause}`)
    }
  }
}
