import type { Answer, ReceivedCommand } from '@mq/protocol'
import type { Channel } from '@mq/remoting'
import type { BrokerState } from '../broker-state.js'

/** Answers one request code; see `RequestHandler`. */
export type Processor = (
  broker: BrokerState,
  request: ReceivedCommand,
  channel: Channel,
) => Answer | Promise<Answer> | undefined
