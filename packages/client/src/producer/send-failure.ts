import { ResponseCode } from '@mq/protocol'
import type { ClientError } from '../errors.js'

/** What to do with a frame that failed. */
export type Remedy =
  /** Try another broker, or the same one a moment later. Counts as a try. */
  | 'retry'
  /** The broker has certainly seen nothing: try on for as long as there is time. */
  | 'reconnect'
  /** Send the members one by one: what had only travelled together was refused for what one of them holds. */
  | 'split'
  | 'give up'

const { TOPIC_NOT_EXIST, SERVICE_NOT_AVAILABLE, SYSTEM_ERROR, NO_PERMISSION, SYSTEM_BUSY } = ResponseCode
const { NO_BUYER_ID, NOT_IN_CURRENT_UNIT, GO_AWAY, MESSAGE_ILLEGAL } = ResponseCode

/** The codes 4.7.1's producer retries at, and those 5.x added: a busy broker, and one that is stopping. */
const retryCodes = new Set<number>([
  ...[TOPIC_NOT_EXIST, SERVICE_NOT_AVAILABLE, SYSTEM_ERROR, NO_PERMISSION, NO_BUYER_ID, NOT_IN_CURRENT_UNIT],
  ...[SYSTEM_BUSY, GO_AWAY],
])

export function remedyFor(error: ClientError, mayBeSplit: boolean): Remedy {
  switch (error.code) {
    case 'CONNECT_FAILED':
      return 'reconnect'
    case 'TIMEOUT':
      return error.details.phase === 'connect' ? 'reconnect' : 'retry'
    case 'CONNECTION_LOST':
      return 'retry'
    case 'BUSY':
    case 'REFUSED':
      if (mayBeSplit && error.details.responseCode === MESSAGE_ILLEGAL) return 'split'
      return retryCodes.has(error.details.responseCode!) ? 'retry' : 'give up'
    default:
      return 'give up'
  }
}

/** Codes that say the client's route is out of date. */
export const saysRouteIsWrong = (error: ClientError): boolean =>
  error.code === 'CONNECT_FAILED' ||
  error.details.responseCode === TOPIC_NOT_EXIST ||
  error.details.responseCode === NO_PERMISSION
