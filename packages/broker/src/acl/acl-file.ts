import type { Disk } from '@mq/io'
import type { Document } from 'yaml'
import { parseDocument, YAMLMap, YAMLSeq } from 'yaml'
import { readAclRules, type AclRules } from './acl-rules.js'

/** Larger files are refused, bytes: some ten thousand accounts. */
const fileBytesMax = 1024 * 1024
/** A rules file has four levels; a parser that goes hundreds down runs out of memory. */
const depthMax = 32

/** `plain_acl.yml`: read, and changed without touching what is not concerned, comments neither. */
export class AclFile {
  constructor(
    private readonly disk: Disk,
    /** Absolute. */
    readonly path: string,
  ) {}

  /** Throws an `Error` that names the file and what is wrong with it. */
  read(): AclRules {
    return this.#about('cannot be used', () => rulesOf(this.#parse()))
  }

  /** What `look` makes of the document, which was found usable. */
  inspect<T>(look: (document: unknown) => T): T {
    return this.#about('cannot be used', () => {
      const document = this.#parse()
      rulesOf(document)
      return look(document.toJS({ maxAliasCount: 100 }))
    })
  }

  /** Changes the document and writes it, if what comes out can be used: old or new, never a mixture. */
  change(edit: (document: AclDocument) => void): AclRules {
    return this.#about('was not changed', () => {
      const document = new AclDocument(this.#parse())
      edit(document)
      const text = document.text()
      const rules = rulesOf(parse(text))
      this.disk.replaceWhole(this.path, Buffer.from(text))
      return rules
    })
  }

  #parse(): Document {
    const size = this.disk.stat(this.path)?.size
    if (size === undefined) throw new Error('there is no such file. Make it, or set aclEnable=false')
    if (size > fileBytesMax) throw new Error(`it has ${size} bytes, the most is ${fileBytesMax}`)
    return parse(Buffer.from(this.disk.readWhole(this.path) ?? []).toString('utf8'))
  }

  #about<T>(outcome: string, action: () => T): T {
    try {
      return action()
    } catch (cause) {
      const problem = cause instanceof Error ? cause.message : String(cause)
      throw new Error(`the access control file ${this.path} ${outcome}: ${problem}`, { cause })
    }
  }
}

/** Scalars stay text, so that a secret of digits is the text that stands there. */
function parse(text: string): Document {
  refuseDepth(text)
  const document = parseDocument(text, { schema: 'failsafe', prettyErrors: false })
  const [error] = document.errors
  // The parser's own sentences may show the line, and a secret with it.
  if (error) throw new Error(`it is no YAML: ${error.code} at line ${lineAt(text, error.pos[0])}`)
  return document
}

function refuseDepth(text: string): void {
  let depth = 0
  for (const [found] of text.matchAll(/[[\]{}]|^[ ?:-]+/gm)) {
    if (found === '[' || found === '{') depth++
    else if (found === ']' || found === '}') depth--
    if (depth > depthMax || found.length > depthMax * 2) throw new Error('it is nested too deeply')
  }
}

const lineAt = (text: string, at: number): number => text.slice(0, at).split('\n').length

function rulesOf(document: Document): AclRules {
  if (document.contents === null)
    throw new Error("it is empty. It holds 'accounts:' with accessKey and secretKey of each")
  return readAclRules(document.toJS({ maxAliasCount: 100 }))
}

/** What of an account is to be changed; undefined leaves it as it is. */
export type AccountChange = Partial<Record<string, string | readonly string[]>> & { readonly accessKey: string }

/** The file as it is being changed. */
export class AclDocument {
  constructor(private readonly document: Document) {}

  putAccount({ accessKey, ...changes }: AccountChange): void {
    const accounts = this.#list('accounts')
    const known = accounts.items.find((one) => isAccount(one, accessKey))
    const account = (known as YAMLMap | undefined) ?? new YAMLMap()
    if (known === undefined) {
      account.set('accessKey', this.#quoted(accessKey))
      accounts.add(account)
    }
    for (const [key, value] of Object.entries(changes)) {
      if (value !== undefined)
        account.set(key, key === 'secretKey' ? this.#quoted(value) : this.document.createNode(value))
    }
  }

  /** False: there is no such account. */
  removeAccount(accessKey: string): boolean {
    const accounts = this.#list('accounts')
    const left = accounts.items.filter((one) => !isAccount(one, accessKey))
    const removed = left.length < accounts.items.length
    accounts.items = left
    return removed
  }

  setWhiteAddresses(patterns: readonly string[]): void {
    this.document.set('globalWhiteRemoteAddresses', this.document.createNode(patterns))
  }

  setVersion({ counter, timestamp }: { counter: number; timestamp: number }): void {
    this.document.set(
      'dataVersion',
      this.document.createNode([{ counter: String(counter), timestamp: String(timestamp) }]),
    )
  }

  text(): string {
    return this.document.toString({ indentSeq: false, lineWidth: 0 })
  }

  #list(key: string): YAMLSeq {
    const list = this.document.get(key)
    if (list instanceof YAMLSeq) return list
    const fresh = new YAMLSeq()
    this.document.set(key, fresh)
    return fresh
  }

  /** In quotes, so that other readers take digits for text too. */
  #quoted(value: unknown): unknown {
    return Object.assign(this.document.createNode(value) as object, { type: 'QUOTE_DOUBLE' })
  }
}

const isAccount = (one: unknown, accessKey: string): boolean =>
  one instanceof YAMLMap && one.get('accessKey') === accessKey
