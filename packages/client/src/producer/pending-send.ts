import type { ClientError } from '../errors.js'
import type { Envelope } from './envelope.js'
import type { Message } from './message.js'
import type { SendResult } from './send-result.js'

/** One message that a caller waits for. Beside the caller's promise the only object that is made for it. */
export class PendingSend {
  msgId = ''
  /** Answered already, or given up by its caller: what happens to it is of no interest any more. */
  settled = false
  stopListening: (() => void) | undefined = undefined

  constructor(
    readonly message: Message,
    readonly bodyBytes: number,
    /** Monotonic time at which it was sent, ms. */
    readonly startedMs: number,
    private readonly onResult: (result: SendResult) => void,
    private readonly onError: (error: ClientError) => void,
    private readonly onSettled: (bodyBytes: number) => void,
    readonly envelope?: Envelope,
  ) {}

  resolve(result: SendResult): void {
    if (this.#settle()) this.onResult(result)
  }

  reject(error: ClientError): void {
    if (this.#settle()) this.onError(error)
  }

  #settle(): boolean {
    if (this.settled) return false
    this.settled = true
    this.stopListening?.()
    this.onSettled(this.bodyBytes)
    return true
  }
}
