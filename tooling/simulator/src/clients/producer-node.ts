import { type Message, Producer, type SendOptions, type SendResult } from '@mq/client'
import type { Io } from '@mq/io'
import { SimNode } from '../cluster/sim-node.js'
import type { SentNote } from '../history.js'
import type { Run } from '../run.js'

export type ProducerScript = (node: ProducerNode) => void

/** A machine whose producer sends some messages now and then, while the storm lasts, as its workload says. */
export class ProducerNode extends SimNode {
  #producer!: Producer
  #io!: Io
  #count = 0

  constructor(
    run: Run,
    name: string,
    private readonly namesrv: string,
    private readonly script: ProducerScript,
  ) {
    super(run, name)
  }

  get io(): Io {
    return this.#io
  }

  protected async boot(io: Io): Promise<void> {
    this.#io = this.run.plant.clientIo?.(io) ?? io
    this.#producer = new Producer({ io: this.#io, namesrv: this.namesrv, group: 'PG', instanceName: this.name })
    await this.#producer.start()
    this.#sendLater()
  }

  protected async shutDown(): Promise<void> {
    await this.#producer.close()
  }

  #sendLater(): void {
    const { phase, plan } = this.run
    if (phase === 'over') return
    this.#io.clock.after(1 + this.#io.random.below(2 * plan.sendEveryMs), () => {
      if (this.run.phase === 'storm' && !this.stopping) this.script(this)
      this.#sendLater()
    })
  }

  /** Sends one message with an id of its own; what becomes of it goes into the history. */
  async send(
    message: Omit<Message, 'body'>,
    note: SentNote = {},
    options?: SendOptions,
  ): Promise<SendResult | undefined> {
    const id = `${this.name}#${++this.#count}`
    const body = `${id}|${'.'.repeat(this.#io.random.below(this.run.plan.bodyBytesMax))}`
    const sent = {
      ...{ id, topic: message.topic, body, producer: this.name, sentMs: this.run.nowMs, note },
      ...{
        outcome: 'open' as 'open' | 'acknowledged' | 'failed',
        settledMs: Infinity,
        error: undefined as string | undefined,
      },
      result: undefined as SendResult | undefined,
    }
    this.run.history.send(sent)
    this.run.count('sent')
    try {
      const result = await this.#producer.send({ keys: id, ...message, body }, options)
      sent.result = result
      // Any other status says that it was stored, and that nobody vouches for it.
      sent.outcome = result.status === 'SEND_OK' ? 'acknowledged' : 'open'
      sent.settledMs = this.run.nowMs
      if (sent.outcome === 'acknowledged') this.run.count('acknowledged')
      const { queue, queueOffset } = result
      this.run.note(this.name, `${id}: ${result.status} at ${queue.brokerName}/${queue.queueId}/${queueOffset}`)
      return result
    } catch (error) {
      sent.error = (error as Error).message
      sent.outcome = 'failed'
      sent.settledMs = this.run.nowMs
      this.run.note(this.name, `${id}: ${sent.error}`)
      return undefined
    }
  }
}
