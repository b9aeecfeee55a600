import type { MessageQueue, SendResult } from '@mq/client'
import { TopicName } from '@mq/protocol'
import type { Life } from './cluster/sim-node.js'

/** A message somebody tried to send, and what became of the attempt. */
export interface Sent {
  readonly id: string
  readonly topic: string
  readonly body: string
  readonly producer: string
  readonly sentMs: number
  /** For workloads: what they need to remember of it. */
  readonly note: SentNote
  /** `open`: nobody knows (yet); the message may be stored or not. */
  outcome: 'open' | 'acknowledged' | 'failed'
  settledMs: number
  result: SendResult | undefined
  error: string | undefined
}

export interface SentNote {
  delayMs?: number
  /** The queue its acknowledgement names a place in, where that is not the one it was sent to. */
  placedIn?: { readonly topic: string; readonly queueId: number }
  /** How often its handler is to fail before it takes it. */
  failures?: number
}

/** A message given to a handler. */
export interface Delivered {
  readonly id: string
  readonly body: string
  readonly consumer: string
  /** Which of its consumer's lives took it. */
  readonly life: Life
  readonly group: string
  readonly queue: MessageQueue
  readonly queueOffset: number
  readonly reconsumeTimes: number
  /** When its producer's clock and its broker's clock say that it was made and stored. */
  readonly storeTimestamp: number
  readonly startedMs: number
  /** Undefined while the handler runs, or when its process died under it. */
  endedMs: number | undefined
  outcome: 'consumed' | 'given back' | undefined
}

/** A bit of an acknowledged message flipped on its broker's disk. */
export interface Damage {
  readonly sent: Sent
  /** The byte, by its commit log offset. */
  readonly spoilt: number
}

/** A bit of the consume queue entry of an acknowledged message flipped. */
export interface SpoiltEntry {
  readonly sent: Sent
  readonly path: string
  /** The byte in the file, and what it was before. */
  readonly position: number
  readonly before: number
}

/** A time in which something was wrong that clients may have noticed. */
export interface Disturbance {
  readonly fromMs: number
  /** Infinity while it lasts. */
  toMs: number
}

/** What clients saw: the only thing that checks may believe. */
export class History {
  readonly sent = new Map<string, Sent>()
  readonly delivered: Delivered[] = []
  readonly disturbances: Disturbance[] = []
  /** By id of the message. */
  readonly damages = new Map<string, Damage>()
  /** By id of the message. */
  readonly spoiltEntries = new Map<string, SpoiltEntry>()
  /** Broker and number of the block, for all that are damaged. */
  readonly spoiltBlocks = new Set<string>()
  readonly #seen = new Map<string, Set<string>>()

  send(sent: Sent): void {
    this.sent.set(sent.id, sent)
  }

  deliver(delivered: Delivered): void {
    this.delivered.push(delivered)
    let ids = this.#seen.get(delivered.group)
    if (!ids) this.#seen.set(delivered.group, (ids = new Set()))
    ids.add(delivered.id)
  }

  wasDelivered(group: string, id: string): boolean {
    return this.#seen.get(group)?.has(id) ?? false
  }

  /** A bit flipped in the message, or in what leads to it: nobody has to find it. */
  isDamaged(id: string): boolean {
    return this.damages.has(id) || this.spoiltEntries.has(id)
  }

  /** Places, as `queueName` and offset, of messages that are damaged. */
  damagedPlaces(): Set<string> {
    const damaged = [...this.damages.values(), ...this.spoiltEntries.values()]
    return new Set(damaged.map(({ sent }) => placeName(placeOf(sent))))
  }

  acknowledged(): Sent[] {
    return [...this.sent.values()].filter(({ outcome }) => outcome === 'acknowledged')
  }
}

/** Where its broker said it put an acknowledged message. */
export function placeOf({ topic, note, result }: Sent): { queue: MessageQueue; queueOffset: number } {
  const { queue, queueOffset } = result!
  return { queue: { ...queue, ...(note.placedIn ?? { topic }) }, queueOffset }
}

/** Of a place in a queue. */
export const placeName = ({ queue, queueOffset }: { queue: MessageQueue; queueOffset: number }): string =>
  `${queueName(queue)}/${queueOffset}`

/** Half messages wait in one queue of each broker. */
export const halfQueue = { topic: TopicName.TRANSACTION_HALF, queueId: 0 } as const

/** Messages for later wait in a queue of their delay level. */
export const delayQueue = (level: number) => ({ topic: TopicName.SCHEDULE, queueId: level - 1 })

/** Bodies begin with the id of their message. */
export const idOf = (body: Uint8Array): string => {
  const text = Buffer.from(body).toString()
  return text.slice(0, text.indexOf('|'))
}

export const queueName = ({ topic, brokerName, queueId }: MessageQueue): string => `${topic}/${brokerName}/${queueId}`
