import { type Message, Producer, type ProducerOptions, type SendOptions, type SendResult } from '@mq/client'
import type { Io } from '@mq/io'
import { SimNode } from '../cluster/sim-node.js'
import type { Sent, SentNote } from '../history.js'
import type { Run } from '../run.js'

export type ProducerScript = (node: ProducerNode) => void

/** A machine whose producer sends some messages now and then, while the storm lasts, as its workload says. */
export class ProducerNode extends SimNode {
  protected producer!: Producer
  /** Why the last send that failed did. */
  lastError: string | undefined
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

  protected createProducer(options: ProducerOptions): Producer {
    return new Producer(options)
  }

  protected async boot(io: Io): Promise<void> {
    this.#io = this.run.plant.clientIo?.(io) ?? io
    this.producer = this.createProducer({
      io: this.#io,
      namesrv: this.namesrv,
      group: 'PG',
      instanceName: this.name,
    })
    await this.producer.start()
    this.#sendLater()
  }

  protected async shutDown(): Promise<void> {
    await this.producer.close()
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
    const sent = this.noteSend(message.topic, note)
    try {
      const result = await this.producer.send({ keys: sent.id, ...message, body: sent.body }, options)
      this.noteResult(sent, result)
      return result
    } catch (error) {
      this.noteFailure(sent, error as Error)
      return undefined
    }
  }

  /** A message of which nobody knows yet what becomes. */
  protected noteSend(topic: string, note: SentNote): Sent {
    const id = `${this.name}#${++this.#count}`
    const body = `${id}|${'.'.repeat(this.#io.random.below(this.run.plan.bodyBytesMax))}`
    const sent: Sent = {
      ...{ id, topic, body, producer: this.name, sentMs: this.run.nowMs, note },
      ...{ outcome: 'open', settledMs: Infinity, result: undefined, error: undefined },
    }
    this.run.history.send(sent)
    this.run.count('sent')
    return sent
  }

  protected noteResult(sent: Sent, result: SendResult): void {
    sent.result = result
    // Any other status says that it was stored, and that nobody vouches for it.
    sent.outcome = result.status === 'SEND_OK' ? 'acknowledged' : 'open'
    sent.settledMs = this.run.nowMs
    if (sent.outcome === 'acknowledged') this.run.count('acknowledged')
    const { queue, queueOffset } = result
    this.run.note(this.name, `${sent.id}: ${result.status} at ${queue.brokerName}/${queue.queueId}/${queueOffset}`)
  }

  protected noteFailure(sent: Sent, error: Error): void {
    this.lastError = sent.error = error.message
    sent.outcome = 'failed'
    sent.settledMs = this.run.nowMs
    this.run.note(this.name, `${sent.id}: ${sent.error}`)
  }
}
