const special = /["\\\u0000-\u001f\u007f-\u009f\u2028\u2029]/g
const anySpecial = new RegExp(special.source)

const shortEscapes: Record<string, string> = {
  '"': '\\"',
  '\\': '\\\\',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\f': '\\f',
  '\r': '\\r',
}

const escape = (character: string) =>
  shortEscapes[character] ?? `\\u${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`

/** Text in quotes as fastjson writes it: control characters and the two line separators escaped, all else as it is. */
export const quoteText = (text: string): string =>
  anySpecial.test(text) ? `"${text.replace(special, escape)}"` : `"${text}"`
