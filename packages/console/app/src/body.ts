/** How a body is shown. */
export type BodyForm = 'text' | 'json' | 'hex'

const bytesPerLine = 16
/** A page of more lines than this is slow to lay out, and nobody reads it. */
const hexBytesMax = 64 * 1024

export function bodyText(base64: string, form: BodyForm): string {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
  if (form === 'hex') return hexText(bytes)
  const text = new TextDecoder().decode(bytes)
  return form === 'json' ? laidOut(text) : text
}

/** Numbers beyond 2^53 would change by being read: such a text stays as it came. */
function laidOut(text: string): string {
  if (/\d{16}/.test(text)) return text
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}

/** `00000010  68 65 6c …  hel…`, sixteen bytes a line. */
function hexText(bytes: Uint8Array): string {
  const lines: string[] = []
  const end = Math.min(bytes.length, hexBytesMax)
  for (let at = 0; at < end; at += bytesPerLine) {
    const line = [...bytes.subarray(at, Math.min(end, at + bytesPerLine))]
    const hex = line.map((byte) => byte.toString(16).padStart(2, '0')).join(' ')
    const text = line.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('')
    lines.push(`${at.toString(16).padStart(8, '0')}  ${hex.padEnd(bytesPerLine * 3 - 1)}  ${text}`)
  }
  if (end < bytes.length) lines.push(`… ${bytes.length - end} bytes more`)
  return lines.join('\n')
}
