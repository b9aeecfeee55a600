import { encodeProperties } from '@mq/protocol'
import { type MessageStore, type MessageToStore, type Placed, StoreError } from './message-store.js'

/** What a message is without a broker around it; the rest of `MessageToStore` may be given, too. */
export interface PlainMessage extends Partial<Omit<MessageToStore, 'body' | 'properties'>> {
  topic: string
  body: string | Uint8Array
  /** Default: none. */
  properties?: Record<string, string>
}

/**
 * Appends one message and waits until it is acknowledged. For using a store alone; whoever has many puts them without
 * awaiting each, so that they share a flush. Queue 0 and a birth time of 0 (unknown) unless given. Rejects with `StoreError`
 * `REFUSED` when the store does not take it, `NOT_WRITABLE` when it cannot make it last.
 */
export function put(store: MessageStore, message: PlainMessage): Promise<Placed> {
  const placed = store.append(toStore(message))
  if (!placed.ok) return Promise.reject(new StoreError('REFUSED', `message for ${message.topic}: ${placed.message}`))
  return new Promise((resolve, reject) =>
    store.whenAcknowledged(placed.endOffset, true, (status) => {
      if (status === 'OK') return resolve(placed)
      const why = store.refusal ?? status
      reject(new StoreError('NOT_WRITABLE', `a message for ${message.topic} could not be made to last: ${why}`))
    }),
  )
}

const toStore = ({ body, properties = {}, ...message }: PlainMessage): MessageToStore => ({
  queueId: 0,
  flag: 0,
  sysFlag: 0,
  bornTimestamp: 0,
  bornHost: { host: '127.0.0.1', port: 0 },
  reconsumeTimes: 0,
  preparedTransactionOffset: 0,
  ...message,
  body: typeof body === 'string' ? Buffer.from(body) : body,
  properties: encodeProperties(properties),
})
