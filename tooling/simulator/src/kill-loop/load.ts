import { Producer } from '@mq/client'

export const topic = 'KillLoop'
const filler = '.'

/** The id that a body begins with. */
export const idIn = (body: Buffer): string => body.toString().split(filler, 1)[0]!

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
  /** Why the last send that failed did. */
  lastError = ''
  #running = true
  #ended: Promise<unknown> = Promise.resolve()
  readonly #producer: Producer

  constructor(
    namesrv: string,
    private readonly concurrency: number,
    /** Bodies are filled up to this size. */
    private readonly bodyBytes = 0,
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
        const { status, queue, queueOffset } = await this.#producer.send({
          topic,
          body: id.padEnd(this.bodyBytes, filler),
        })
        if (status === 'SEND_OK') this.acknowledged.set(id, { queueId: queue.queueId, offset: queueOffset })
      } catch (error) {
        this.failed++
        this.lastError = (error as Error).message
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
