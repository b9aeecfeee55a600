import { StoreError } from '@mq/store'

type Fault = 'FULL' | 'BUSY' | 'CORRUPT' | 'NOT_A_DATABASE' | 'READ_ONLY' | 'CANNOT_OPEN' | 'OTHER'

/** Result codes of SQLite, the names better-sqlite3 gives them, and the words of those libraries that give no code. */
const faults: [fault: Fault, code: number, name: string, words: string][] = [
  ['FULL', 13, 'SQLITE_FULL', 'database or disk is full'],
  ['BUSY', 5, 'SQLITE_BUSY', 'database is locked'],
  ['CORRUPT', 11, 'SQLITE_CORRUPT', 'database disk image is malformed'],
  ['NOT_A_DATABASE', 26, 'SQLITE_NOTADB', 'file is not a database'],
  ['READ_ONLY', 8, 'SQLITE_READONLY', 'attempt to write a readonly database'],
  ['CANNOT_OPEN', 14, 'SQLITE_CANTOPEN', 'open the database'],
  ['CANNOT_OPEN', 14, 'SQLITE_CANTOPEN', 'unable to open database file'],
]

const sentences: Record<Fault, [code: StoreError['code'], sentence: string]> = {
  FULL: ['NO_SPACE', 'the disk is full: free some space'],
  BUSY: ['IN_USE', 'another program has it open: close that, or use another folder'],
  CORRUPT: ['CORRUPT', 'it is damaged: keep a copy, then save what can be read with `sqlite3 FILE .recover`'],
  NOT_A_DATABASE: ['FORMAT', 'it is no SQLite database: use another folder'],
  READ_ONLY: ['NOT_WRITABLE', 'it cannot be written: check its rights'],
  CANNOT_OPEN: ['NOT_WRITABLE', 'it cannot be opened: check the rights of its folder'],
  OTHER: ['NOT_WRITABLE', 'SQLite failed'],
}

/** What a SQLite library threw, as a `StoreError` with path, cause and next step. */
export function asStoreError(error: unknown, path: string): StoreError {
  if (error instanceof StoreError) return error
  const [code, sentence] = sentences[faultOf(error)]
  return new StoreError(code, `${path}: ${sentence} (${messageOf(error)})`, { cause: error })
}

/** `code` is better-sqlite3's, `errcode` that of node:sqlite; both may be of the extended kind. */
function faultOf(error: unknown): Fault {
  const { code, errcode } = error as { code?: unknown; errcode?: unknown }
  const found = faults.find(([, number, name, words]) => {
    if (typeof errcode === 'number') return (errcode & 0xff) === number
    if (typeof code === 'string' && code.startsWith('SQLITE_')) return code === name || code.startsWith(`${name}_`)
    return messageOf(error).includes(words)
  })
  return found?.[0] ?? 'OTHER'
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
