import type { ConsumeQueueEntry, GetRequest, GetResult, GetStatus } from './message-store.js'

/** Entries looked at in one get, whatever the filter refuses: Apache's 16,000 bytes of consume queue. */
const scannedMin = 800

/** A queue as `answerGet` reads it. */
export interface ReadableQueue {
  minOffset: number
  maxOffset: number
  /** Entries from `fromOffset` on, in order, at most `count`. */
  entries(fromOffset: number, count: number): Iterable<ConsumeQueueEntry>
  /** The record of an entry; undefined when it is gone. */
  record(entry: ConsumeQueueEntry): Uint8Array | undefined
}

export interface GetLimits {
  /** `maxTransferCountOnMessageInMemory`. Default 32. */
  messages?: number
  /** `maxTransferBytesOnMessageInMemory`. Default 256 KiB. */
  bytes?: number
}

/** Answers a get from entries and records that can be had at once. The file engine, which may have to wait, has its own. */
export function answerGet(
  request: GetRequest,
  queue: ReadableQueue | undefined,
  { messages = 32, bytes = 256 << 10 }: GetLimits = {},
): GetResult {
  const { minOffset, maxOffset } = queue ?? { minOffset: 0, maxOffset: 0 }
  const outside = answerOutside(request.queueOffset, minOffset, maxOffset)
  if (!queue || outside) return outside!
  const messagesMax = Math.min(messages, request.maxMessages)
  const bytesMax = Math.min(bytes, request.maxBytes ?? Infinity)
  const end = scanEndOf(request, maxOffset)
  const found = { ...emptyAnswer('NO_MATCHED_MESSAGE', end, minOffset, maxOffset), pieces: [] as Uint8Array[] }
  for (const entry of queue.entries(request.queueOffset, end - request.queueOffset)) {
    // The first message is taken whatever its size.
    const isFull = found.messageCount >= messagesMax || found.bytes + entry.size > bytesMax
    if (found.messageCount > 0 && isFull) return { ...found, nextOffset: entry.queueOffset }
    if (request.matches && !request.matches(entry.tagsCode)) continue
    const record = queue.record(entry)
    if (!record) {
      if (found.messageCount === 0) found.status = 'MESSAGE_WAS_REMOVING'
      continue
    }
    if (request.matchesRecord && !request.matchesRecord(record)) continue
    found.status = 'FOUND'
    found.pieces.push(record)
    found.messageCount++
    found.bytes += record.length
  }
  return found
}

/** The answer to a get that lies outside the queue; undefined inside. */
export function answerOutside(offset: number, min: number, max: number): GetResult | undefined {
  if (max === 0) return emptyAnswer('NO_MESSAGE_IN_QUEUE', 0, min, max)
  if (offset < min) return emptyAnswer('OFFSET_TOO_SMALL', min, min, max)
  if (offset === max) return emptyAnswer('OFFSET_OVERFLOW_ONE', offset, min, max)
  if (offset > max) return emptyAnswer('OFFSET_OVERFLOW_BADLY', min === 0 ? min : max, min, max)
  return undefined
}

/** Where a get ends at the latest: a filter that refuses everything must not read a whole queue. */
export const scanEndOf = (request: GetRequest, maxOffset: number): number =>
  Math.min(maxOffset, request.queueOffset + Math.max(scannedMin, request.maxMessages))

const emptyAnswer = (status: GetStatus, nextOffset: number, minOffset: number, maxOffset: number): GetResult => ({
  status,
  nextOffset,
  minOffset,
  maxOffset,
  pieces: [],
  messageCount: 0,
  bytes: 0,
  readFromDisk: false,
})
