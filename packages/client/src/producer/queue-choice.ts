import type { MessageQueue } from '@mq/protocol'
import type { TopicRoute } from '../client-instance/topic-route.js'
import type { BrokerFaults } from './broker-faults.js'

/** Round robin over a topic's queues, starting anywhere, so that many producers do not all start at the first queue. */
export class QueueChoice {
  #counter: number

  constructor(
    private readonly faults: BrokerFaults,
    start: number,
  ) {
    this.#counter = start
  }

  /**
   * The next queue of a broker that is not in `except`, has room and did not fail lately; else of one that did; else of
   * any that has room. Undefined when none has room.
   */
  next(
    route: TopicRoute,
    hasRoom: (brokerName: string) => boolean,
    except?: ReadonlySet<string>,
  ): MessageQueue | undefined {
    const { writeQueues } = route
    let second: MessageQueue | undefined
    let third: MessageQueue | undefined
    for (let tries = writeQueues.length; tries > 0; tries--) {
      const queue = writeQueues[this.#counter++ % writeQueues.length]!
      const { brokerName } = queue
      if (!hasRoom(brokerName)) continue
      if (except?.has(brokerName)) third ??= queue
      else if (this.faults.isAvoided(brokerName)) second ??= queue
      else return queue
    }
    return second ?? third
  }
}
