const timeoutMs = 3000
/** Longest answer, bytes. */
const bytesMax = 64 * 1024

/** The text behind a URL, within three seconds. Rejects with what is wrong. */
export async function httpText(url: string): Promise<string> {
  const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) })
  if (!response.ok) throw new Error(`it answered ${response.status}`)
  const bytes: Uint8Array[] = []
  let length = 0
  for await (const piece of response.body ?? []) {
    length += piece.length
    if (length > bytesMax) throw new Error(`it answered more than ${bytesMax} bytes`)
    bytes.push(piece)
  }
  return Buffer.concat(bytes).toString('utf8')
}
