import { ApiError } from './api'

/** `name=value` a line. Throws `ApiError` for a line that is not. */
export function parseProperties(text: string): Record<string, string> {
  const properties: Record<string, string> = {}
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue
    const at = line.indexOf('=')
    if (at <= 0)
      throw new ApiError(`'${line.trim()}' is not name=value`, 'Write one property a line, as in colour=red.')
    properties[line.slice(0, at).trim()] = line.slice(at + 1).trim()
  }
  return properties
}
