import { encodeProperties, PropertySlices, recordByteLength, writeRecord } from '@mq/protocol'

const host = { host: '10.0.0.1', port: 10_911 }

/** A stored record of a message with these properties. */
export function recordOf(properties: Record<string, string> | string, topic = 'T', body = 'body'): Buffer {
  const text = typeof properties === 'string' ? properties : encodeProperties(properties)
  const bytes = {
    bornHost: host,
    storeHost: host,
    topicBytes: Buffer.byteLength(topic),
    bodyBytes: Buffer.byteLength(body),
    propertiesBytes: Buffer.byteLength(text),
  }
  const record = Buffer.alloc(recordByteLength(bytes))
  writeRecord(record, 0, {
    queueId: 0,
    flag: 0,
    queueOffset: 0,
    commitLogOffset: 0,
    sysFlag: 0,
    bornTimestamp: 1,
    bornHost: host,
    storeTimestamp: 1,
    storeHost: host,
    reconsumeTimes: 0,
    preparedTransactionOffset: 0,
    body: Buffer.from(body),
    topic,
    properties: text,
  })
  return record
}

export function slicesOf(names: readonly string[], properties: Record<string, string> | string): PropertySlices {
  const slices = new PropertySlices(names)
  slices.read(recordOf(properties))
  return slices
}
