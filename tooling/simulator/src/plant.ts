import type { Io } from '@mq/io'
import type { MessageStore, StoreConfig } from '@mq/store'
import type { Plan } from './plan.js'

/**
 * Where a test of the checkers puts a bug: between a broker and its world, or between a broker and its store. Nothing of it
 * is known to the broker.
 */
export interface Plant {
  readonly name: string
  /** A broker's world. Asked again at each of its lives. */
  brokerIo?(io: Io): Io
  store?(store: MessageStore, io: Io): MessageStore
  storeConfig?: Partial<StoreConfig>
  /** A client's world. */
  clientIo?(io: Io): Io
  /** What of a seed's plan has to be so for the bug to have a chance. */
  plan?(plan: Plan): Plan
}

/** MQ as it is. */
export const nothingPlanted: Plant = { name: 'none' }
