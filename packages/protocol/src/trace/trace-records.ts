import {
  bool,
  fieldSeparator,
  nullable,
  number,
  optional,
  recordTerminator,
  text,
  traceTable,
  type RecordOf,
} from './trace-table.js'

/** What kind of message a Pub record is about (`MessageType`, 4.7.1), by its place in the enumeration. */
export const TraceMessageType = { NORMAL: 0, TRANSACTION_HALF: 1, TRANSACTION_COMMIT: 2, DELAY: 3 } as const

/** How a consumer's handler ended (`ConsumeReturnType`, 4.7.1), by its place in the enumeration. */
export const TraceContextCode = { SUCCESS: 0, TIME_OUT: 1, EXCEPTION: 2, RETURN_NULL: 3, FAILED: 4 } as const

/** The region that brokers name unless told otherwise. */
export const defaultTraceRegion = 'DefaultRegion'

const fields = {
  /** A message was sent. `costMs`: from the call to the answer. `clientHost` only the Go client writes. */
  pub: {
    timestamp: number,
    regionId: nullable,
    group: text,
    topic: text,
    msgId: text,
    tags: nullable,
    keys: nullable,
    storeHost: text,
    bodyLength: number,
    costMs: number,
    messageType: number,
    offsetMsgId: text,
    success: bool,
    clientHost: optional(text),
  },
  /** A message is about to be consumed. `requestId` pairs it with its SubAfter. */
  subBefore: {
    timestamp: number,
    regionId: nullable,
    group: text,
    requestId: text,
    msgId: text,
    retryTimes: number,
    keys: nullable,
    clientHost: optional(text),
  },
  /** A message was consumed. 4.7.1 ends at `contextCode`, 5.3.3 and Go write the two after it. */
  subAfter: {
    requestId: text,
    msgId: text,
    costMs: number,
    success: bool,
    keys: nullable,
    contextCode: number,
    timestamp: optional(number),
    group: optional(text),
  },
  /** A transaction was ended by its producer. 5.3.3's client writes it, 4.7.1's does not. */
  endTransaction: {
    timestamp: number,
    regionId: nullable,
    group: text,
    topic: text,
    msgId: text,
    tags: nullable,
    keys: nullable,
    storeHost: text,
    messageType: number,
    transactionId: text,
    transactionState: text,
    fromTransactionCheck: bool,
  },
}

export type PubTrace = RecordOf<'Pub', typeof fields.pub>
export type SubBeforeTrace = RecordOf<'SubBefore', typeof fields.subBefore>
export type SubAfterTrace = RecordOf<'SubAfter', typeof fields.subAfter>
export type EndTransactionTrace = RecordOf<'EndTransaction', typeof fields.endTransaction>
/** One step in the life of a message, as clients report it to the trace topic. */
export type TraceRecord = PubTrace | SubBeforeTrace | SubAfterTrace | EndTransactionTrace
/** A record of another type, or one that is damaged: its text, nothing is dropped. */
export interface UnreadTrace {
  readonly type: 'Unread'
  readonly text: string
}

const pub = traceTable('Pub', fields.pub)
const subBefore = traceTable('SubBefore', fields.subBefore)
const subAfter = traceTable('SubAfter', fields.subAfter)
const endTransaction = traceTable('EndTransaction', fields.endTransaction)

const tables: Record<string, { decode(values: readonly string[]): TraceRecord | undefined }> = {
  Pub: pub,
  SubBefore: subBefore,
  SubAfter: subAfter,
  EndTransaction: endTransaction,
}

/** A record as it stands in a trace message's body (`TraceDataEncoder`, 4.7.1), its terminator included. */
export function encodeTraceRecord(record: TraceRecord): string {
  switch (record.type) {
    case 'Pub':
      return pub.encode(record)
    case 'SubBefore':
      return subBefore.encode(record)
    case 'SubAfter':
      return subAfter.encode(record)
    case 'EndTransaction':
      return endTransaction.encode(record)
  }
}

/** The records of a trace message's body. */
export function decodeTraceRecords(body: string): (TraceRecord | UnreadTrace)[] {
  return body
    .split(recordTerminator)
    .filter((one) => one !== '')
    .map((one) => decodeOne(one))
}

function decodeOne(record: string): TraceRecord | UnreadTrace {
  const values = record.split(fieldSeparator)
  const table = Object.hasOwn(tables, values[0]!) ? tables[values[0]!] : undefined
  return table?.decode(values) ?? { type: 'Unread', text: record }
}
