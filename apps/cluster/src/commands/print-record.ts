import type { MessageRecord } from '@mq/protocol'

/** Prints records of a store as a table without borders, or as lines of JSON with bodies in base64. */
export function recordPrinter(json: boolean | undefined): (record: MessageRecord) => void {
  if (json)
    return ({ body, ...record }) =>
      void process.stdout.write(`${JSON.stringify({ ...record, body: Buffer.from(body).toString('base64') })}\n`)
  process.stdout.write('commit log offset  size  topic queue:offset  store time  properties  body\n')
  return ({ commitLogOffset, size, topic, queueId, queueOffset, storeTimestamp, properties, body }) => {
    const shown = properties.replaceAll('\u0001', '=').replaceAll('\u0002', ' ').trim()
    const place = `${commitLogOffset}  ${size}  ${topic} ${queueId}:${queueOffset}`
    process.stdout.write(`${place}  ${timeOf(storeTimestamp)}  ${shown}  ${textOf(body)}\n`)
  }
}

/** A damaged record may hold any number as its time. */
const timeOf = (ms: number): string => (Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : String(ms))

/** The beginning of a body; what cannot be printed shows as dots. */
const textOf = (body: Uint8Array): string =>
  Buffer.from(body.subarray(0, 80))
    .toString()
    .replace(/[\u0000-\u001f\u007f\ufffd]/g, '.')
