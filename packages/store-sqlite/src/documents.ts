import type { DocumentStore } from '@mq/store'
import { checkDocumentName, parseDocument } from '@mq/store/engine'
import type { Connection, Statement } from './connection.js'

interface DocumentRow {
  text: string
  previous: string | null
}

/** Documents in a table, each with its version before. */
export class Documents implements DocumentStore {
  readonly #find: Statement<DocumentRow>
  readonly #replace: Statement

  constructor(private readonly connection: Connection) {
    this.#find = connection.prepare('SELECT text, previous FROM documents WHERE name = ?')
    this.#replace = connection.prepare('INSERT OR REPLACE INTO documents VALUES (?, ?, ?)')
  }

  read(name: string): unknown {
    checkDocumentName(name)
    const [found] = this.#find.all(name)
    return found && (parseDocument(found.text) ?? parseDocument(found.previous ?? ''))
  }

  write(name: string, text: string): void {
    checkDocumentName(name)
    const [present] = this.#find.all(name)
    // A damaged one must not take the place of the good version kept beside it.
    const previous = present && (parseDocument(present.text) === undefined ? present.previous : present.text)
    this.connection.lastingTransaction(() => this.#replace.run(name, text, previous ?? null))
  }
}
