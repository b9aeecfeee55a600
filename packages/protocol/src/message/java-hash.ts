/** Java's `String.hashCode`: 32 bits, over UTF-16 units. Tags and index keys are compared by it. */
export function javaHash(text: string): number {
  let hash = 0
  for (let i = 0; i < text.length; i++) hash = (Math.imul(31, hash) + text.charCodeAt(i)) | 0
  return hash
}

/** What a consume queue entry keeps of a message's TAGS: the hash of the whole text, 0 when there is none. */
export const tagsCodeOf = (tags: string | undefined): number => (tags === undefined ? 0 : javaHash(tags))
