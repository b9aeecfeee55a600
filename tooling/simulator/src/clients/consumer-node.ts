import { type ConsumeOutcome, PushConsumer, type PushConsumerOptions, type ReceivedMessage } from '@mq/client'
import type { Io } from '@mq/io'
import { SimNode } from '../cluster/sim-node.js'
import { idOf, type Delivered } from '../history.js'
import type { Run } from '../run.js'

export interface ConsumerScript {
  readonly group: string
  readonly topic: string
  /** What becomes of a message; called after it was noted. */
  consume(delivered: Delivered, node: ConsumerNode): ConsumeOutcome | Promise<ConsumeOutcome>
  options?: Partial<PushConsumerOptions>
}

/** A machine with a push consumer. */
export class ConsumerNode extends SimNode {
  #consumer!: PushConsumer
  io!: Io

  constructor(
    run: Run,
    name: string,
    private readonly namesrv: string,
    private readonly script: ConsumerScript,
  ) {
    super(run, name)
  }

  protected async boot(io: Io): Promise<void> {
    const { plan, plant } = this.run
    this.io = plant.clientIo?.(io) ?? io
    this.#consumer = new PushConsumer({
      io: this.io,
      namesrv: this.namesrv,
      group: this.script.group,
      instanceName: this.name,
      consumeFrom: 'first',
      commitInterval: plan.commitMs,
      ...this.script.options,
    })
    await this.#consumer.subscribe(this.script.topic, '*', (message) => this.#consume(message))
    await this.#consumer.start()
  }

  protected async shutDown(): Promise<void> {
    await this.#consumer.close({ timeout: 5000 })
  }

  async #consume(message: ReceivedMessage): Promise<ConsumeOutcome> {
    const delivered = this.#note(message)
    const outcome = await this.script.consume(delivered, this)
    delivered.endedMs = this.run.nowMs
    delivered.outcome = outcome === undefined || outcome === 'success' ? 'consumed' : 'given back'
    return outcome
  }

  #note(message: ReceivedMessage): Delivered {
    const { queue, queueOffset, reconsumeTimes, storeTimestamp } = message
    const body = message.text()
    const id = idOf(message.body)
    const delivered: Delivered = {
      ...{ id, body, consumer: this.name, life: this.lives.at(-1)!, group: this.script.group },
      ...{ queue, queueOffset, reconsumeTimes, storeTimestamp },
      ...{ startedMs: this.run.nowMs, endedMs: undefined, outcome: undefined },
    }
    this.run.history.deliver(delivered)
    this.run.count('delivered')
    this.run.note(this.name, `got ${id} from ${queue.topic}/${queue.brokerName}/${queue.queueId}/${queueOffset}`)
    return delivered
  }
}
