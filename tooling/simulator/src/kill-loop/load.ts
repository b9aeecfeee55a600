import { Producer } from '@mq/client'

export const topic = 'KillLoop'

/** Where the broker said it put a message. */
export interface Place {
  queueId: number
  offset: number
}

/** Sends as fast as answers come, through all kills, and keeps what was acknowledged. */
export class Load {
  readonly acknowledged = new Map<string, Place>()
  sent = 0
  failed = 0
  #running = true
  #ended: Promise<unknown> = Promise.resolve()
  readonly #producer: Producer

  constructor(
    namesrv: string,
    private readonly concurrency: number,
  ) {
    this.#producer = new Producer({ namesrv, group: 'KillLoopProducer', timeout: 3000, retries: 0 })
  }

  async start(): Promise<void> {
    await this.#producer.start()
    this.#ended = Promise.all(Array.from({ length: this.concurrency }, () => this.#sendOn()))
  }

  async #sendOn(): Promise<void> {
    while (this.#running) {
      const id = `m${this.sent++}`
      try {
        const { status, queue, queueOffset } = await this.#producer.send({ topic, body: id })
        if (status === 'SEND_OK') this.acknowledged.set(id, { queueId: queue.queueId, offset: queueOffset })
      } catch {
        this.failed++
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    }
  }

  async stop(): Promise<void> {
    this.#running = false
    await this.#ended
    await this.#producer.close()
  }
}
