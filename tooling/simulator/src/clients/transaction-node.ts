import {
  type LocalTransaction,
  type Message,
  type Producer,
  type ProducerOptions,
  type ReceivedMessage,
  type TransactionOptions,
  TransactionProducer,
  type TransactionState,
} from '@mq/client'
import { halfQueue, type Sent } from '../history.js'
import type { Run } from '../run.js'
import { ProducerNode } from './producer-node.js'

export interface TransactionScript {
  sendSome(node: TransactionNode): void
  /** A broker asks how this one ended; any producer of the group may have sent it. */
  check(message: ReceivedMessage, node: TransactionNode): TransactionState
}

/** A machine whose producer sends messages in transactions. */
export class TransactionNode extends ProducerNode {
  constructor(
    run: Run,
    name: string,
    namesrv: string,
    private readonly transactions: TransactionScript,
  ) {
    super(run, name, namesrv, () => transactions.sendSome(this))
  }

  protected override createProducer(options: ProducerOptions): Producer {
    return new TransactionProducer({ ...options, check: (message) => this.transactions.check(message, this) })
  }

  /** `begin`: told of the transaction before anything is sent. `end`: told when its local transaction was not, and will not be, run. */
  async sendInTransaction(
    message: Omit<Message, 'body'>,
    begin: (sent: Sent) => { local: LocalTransaction; notRun: () => void },
    options?: TransactionOptions,
  ): Promise<void> {
    const sent = this.noteSend(message.topic, { placedIn: halfQueue })
    const { local, notRun } = begin(sent)
    const noted: LocalTransaction = (transaction) => {
      this.noteResult(sent, transaction.half)
      return local(transaction)
    }
    const producer = this.producer as TransactionProducer
    try {
      await producer.sendInTransaction({ keys: sent.id, ...message, body: sent.body }, noted, options)
    } catch (error) {
      if (sent.outcome === 'acknowledged') return
      this.noteFailure(sent, error as Error)
      notRun()
    }
  }
}
