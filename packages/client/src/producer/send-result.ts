import { ResponseCode, type MessageQueue } from '@mq/protocol'

/**
 * How safe the message is. Other than `SEND_OK`: it was stored, but the broker's flush or its slave was late, and the
 * broker would not vouch for it.
 */
export type SendStatus = 'SEND_OK' | 'FLUSH_DISK_TIMEOUT' | 'FLUSH_SLAVE_TIMEOUT' | 'SLAVE_NOT_AVAILABLE'

export interface SendResult {
  status: SendStatus
  /** The message's own id, given by this client (property UNIQ_KEY); stays the same through retries. */
  msgId: string
  /** Where it is stored: broker address and commit log offset. Changes when it is retried or delayed. */
  offsetMsgId: string
  queue: MessageQueue
  queueOffset: number
}

const statusByCode = new Map<number, SendStatus>([
  [ResponseCode.SUCCESS, 'SEND_OK'],
  [ResponseCode.FLUSH_DISK_TIMEOUT, 'FLUSH_DISK_TIMEOUT'],
  [ResponseCode.FLUSH_SLAVE_TIMEOUT, 'FLUSH_SLAVE_TIMEOUT'],
  [ResponseCode.SLAVE_NOT_AVAILABLE, 'SLAVE_NOT_AVAILABLE'],
])

/** Undefined for a code that says the message was not stored. */
export const sendStatusOf = (responseCode: number): SendStatus | undefined => statusByCode.get(responseCode)
