const quote = 34
const backslash = 92
const minus = 45
const zero = 48
const nine = 57

/** Integers of fewer digits are below 2^53. */
const safeDigitsMax = 15

/**
 * True when `JSON.parse` reads the text as fastjson would, or refuses it: no long integers, no references, no deep
 * nesting, no key that visibly is no text.
 */
export function isPlainJson(text: string, depthMax: number): boolean {
  let depth = 0
  let digits = 0
  for (let at = 0; at < text.length; at++) {
    const c = text.charCodeAt(at)
    if (c >= zero && c <= nine) {
      if (++digits > safeDigitsMax) return false
      continue
    }
    digits = 0
    if (c === quote) {
      if (text.startsWith('"$ref"', at)) return false
      at = endOfString(text, at)
    } else if (c === 123 /* { */ || c === 91 /* [ */) {
      if (++depth > depthMax || (c === 123 && isBareKey(text.charCodeAt(at + 1)))) return false
    } else if (c === 125 /* } */ || c === 93 /* ] */) depth--
  }
  return true
}

/** Position of the quote that ends the string begun at `at`; the text's length when there is none. */
export function endOfString(text: string, at: number): number {
  for (let end = text.indexOf('"', at + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let slashes = 0
    while (text.charCodeAt(end - 1 - slashes) === backslash) slashes++
    if (slashes % 2 === 0) return end
  }
  return text.length
}

const isBareKey = (c: number): boolean => (c >= zero && c <= nine) || c === minus || c === 123 /* { */
