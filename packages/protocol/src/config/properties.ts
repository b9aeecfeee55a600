/*
 * The part of Java's `.properties` format that RocketMQ's files and config bodies use: one `key=value` a line; `:` or
 * blanks separate too; `#` and `!` begin a comment; a backslash at the end of a line continues it; \t \n \r \f \uXXXX.
 */

/** Keys and values of a text. Any text can be read; a key given twice keeps its last value, as in Java. */
export function parseProperties(text: string): Map<string, string> {
  const entries = new Map<string, string>()
  for (const line of logicalLines(text)) {
    const [key, value] = splitLine(line)
    if (key !== '') entries.set(key, value)
  }
  return entries
}

/** One `key=value` line per entry, each ended by a newline: what codes 25, 26, 318 and 319 carry. */
export function formatProperties(entries: Iterable<readonly [string, string]>): string {
  let text = ''
  for (const [key, value] of entries) text += `${escapeKey(key)}=${escapeValue(value)}\n`
  return text
}

/** Lines without comments, continued ones joined. */
function* logicalLines(text: string): Generator<string> {
  let pending: string[] = []
  for (const natural of text.split(/\r\n|\n|\r/)) {
    const line = natural.replace(/^[ \t\f]+/, '')
    if (pending.length === 0 && (line === '' || line.startsWith('#') || line.startsWith('!'))) continue
    if (endsInBackslash(line)) {
      pending.push(line.slice(0, -1))
      continue
    }
    yield pending.length === 0 ? line : pending.join('') + line
    pending = []
  }
  if (pending.length > 0) yield pending.join('')
}

/** An odd number of backslashes: the last one is not itself escaped. */
function endsInBackslash(line: string): boolean {
  let count = 0
  while (count < line.length && line[line.length - 1 - count] === '\\') count++
  return count % 2 === 1
}

function splitLine(line: string): [key: string, value: string] {
  let end = 0
  while (end < line.length && !/[=: \t\f]/.test(line[end]!)) end += line[end] === '\\' ? 2 : 1
  const rest = line.slice(end).replace(/^[ \t\f]*[=:]?[ \t\f]*/, '')
  return [unescape(line.slice(0, end)), unescape(rest).trim()]
}

const namedEscapes: Record<string, string> = { t: '\t', n: '\n', r: '\r', f: '\f' }

const unescape = (text: string): string =>
  text.includes('\\')
    ? text.replace(/\\(?:u([0-9a-fA-F]{4})|([^])|$)/g, (_, hex?: string, one = '') =>
        hex === undefined ? (namedEscapes[one] ?? one) : String.fromCharCode(Number.parseInt(hex, 16)),
      )
    : text

const escapeValue = (value: string): string =>
  value.replace(/[\\\n\r\f]/g, (one) => (one === '\\' ? '\\\\' : one === '\n' ? '\\n' : one === '\r' ? '\\r' : '\\f'))

const escapeKey = (key: string): string => escapeValue(key).replace(/[=: \t]|^[#!]/g, '\\$&')
