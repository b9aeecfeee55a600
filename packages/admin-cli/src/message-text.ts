import { isUtf8 } from 'node:buffer'
import type { ReceivedMessage } from '@mq/client'
import { formatAddress } from '@mq/io'
import { lines, row, timeText } from './layout.js'
import { trackText, type MessageTrack } from './message-tracks.js'
import { fieldsText } from './texts.js'

/** A body is shown up to this many bytes. */
const bodyBytesShown = 4096

/** A message with all its fields, one a line, then what became of it in each group. */
export function messageText(message: ReceivedMessage, tracks: readonly MessageTrack[]): string {
  const known = tracks.length === 0 ? ['WARN: No Consumer'] : tracks.map(trackText)
  return lines([...fieldLines(message), '', '', ...known])
}

function fieldLines(message: ReceivedMessage): string[] {
  const fields: [string, unknown][] = [
    ['OffsetID:', message.offsetMsgId],
    ['Topic:', message.topic],
    ['Tags:', `[${message.tags ?? 'null'}]`],
    ['Keys:', `[${message.property('KEYS') ?? 'null'}]`],
    ['Queue ID:', message.queue.queueId],
    ['Queue Offset:', message.queueOffset],
    ['CommitLog Offset:', message.commitLogOffset],
    ['Reconsume Times:', message.reconsumeTimes],
    ['Born Timestamp:', timeText(message.bornTimestamp)],
    ['Store Timestamp:', timeText(message.storeTimestamp)],
    ['Born Host:', formatAddress(message.bornHost)],
    ['Store Host:', formatAddress(message.storeHost)],
    ['System Flag:', message.sysFlag],
    ['Properties:', `{${fieldsText(message.properties)}}`],
    ['Message Body:', bodyText(message.body)],
  ]
  return fields.map(([name, value]) => row('%-20s %s', name, value))
}

/** Apache's tool writes the body to a file below /tmp; here it is shown. */
export function bodyText(body: Uint8Array): string {
  const shown = body.subarray(0, bodyBytesShown)
  const text = isUtf8(body) ? Buffer.from(shown).toString('utf8') : `0x${Buffer.from(shown).toString('hex')}`
  return printable(text) + (body.length > shown.length ? ` … (${body.length} bytes)` : '')
}

/** Control characters of a foreign message must not reach the terminal. */
const printable = (text: string): string =>
  text.replace(
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g,
    (one) => `\\x${one.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )
