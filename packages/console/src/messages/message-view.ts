import { isUtf8 } from 'node:buffer'
import type { MessageDetail, MessageSummary } from '../api-types.js'
import type { StoredMessage } from '../cluster-source.js'

const previewBytes = 240
const hexPreviewBytes = 48
/** Larger bodies are not parsed to tell whether they are JSON. */
const jsonBytesMax = 64 * 1024
const bodyBytesMax = 1024 * 1024

/** A row of the message list. */
export function messageSummary(message: StoredMessage): MessageSummary {
  const { topic, brokerName, queueId, queueOffset, msgId, offsetMsgId, keys, bornTimestamp, storeTimestamp } = message
  const { bornHost, storeHost, reconsumeTimes, properties, body } = message
  const bodyKind = body === undefined ? 'unreadable' : kindOf(body)
  return {
    ...{ topic, brokerName, queueId, queueOffset, msgId, offsetMsgId, keys, bornTimestamp, storeTimestamp },
    ...{ bornHost, storeHost, reconsumeTimes, properties, bodyKind },
    tags: message.tags ?? null,
    bodyBytes: body?.length ?? null,
    preview: body === undefined ? '' : previewOf(body, bodyKind),
  }
}

/** A message opened. */
export function messageDetail(message: StoredMessage): MessageDetail {
  const { sysFlag, flag, storeSize, body = new Uint8Array(0) } = message
  const bodyBase64 = Buffer.from(body.buffer, body.byteOffset, Math.min(body.length, bodyBytesMax)).toString('base64')
  const bodyTruncated = body.length > bodyBytesMax
  return { ...messageSummary(message), sysFlag, flag, storeSize, bodyBase64, bodyTruncated }
}

/** Control characters other than tab, line feed, form feed and return: no text has them. */

const notText = /[\u0000-\u0008\u000b\u000e-\u001f]/

function kindOf(body: Uint8Array): MessageSummary['bodyKind'] {
  if (!isUtf8(body) || notText.test(startOf(body, jsonBytesMax))) return 'binary'
  return body.length <= jsonBytesMax && isJson(startOf(body, jsonBytesMax)) ? 'json' : 'text'
}

function isJson(text: string): boolean {
  if (!/^\s*[[{]/.test(text)) return false
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

const previewOf = (body: Uint8Array, kind: MessageSummary['bodyKind']): string =>
  kind === 'binary'
    ? Buffer.from(body.subarray(0, hexPreviewBytes))
        .toString('hex')
        .replace(/(..)(?=.)/g, '$1 ')
    : startOf(body, previewBytes)

/** At most `bytesMax` bytes as text, cut between characters. */
function startOf(body: Uint8Array, bytesMax: number): string {
  let end = Math.min(body.length, bytesMax)
  while (end < body.length && end > 0 && (body[end]! & 0xc0) === 0x80) end--
  return Buffer.from(body.buffer, body.byteOffset, end).toString('utf8')
}
