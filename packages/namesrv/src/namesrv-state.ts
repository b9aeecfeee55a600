import type { Clock, Logger } from '@mq/io'
import type { Answer, ReceivedCommand } from '@mq/protocol'
import type { Channel } from '@mq/remoting'
import type { NamesrvConfig } from './config-table.js'
import type { KvConfig } from './kv-config.js'
import type { RouteTable } from './route-table.js'

/** What processors work on. */
export interface NamesrvState {
  routes: RouteTable
  kv: KvConfig
  clock: Clock
  logger: Logger
  config: NamesrvConfig
}

/** Answers one request code. */
export type Processor = (namesrv: NamesrvState, request: ReceivedCommand, channel: Channel) => Answer
