import { javaHash, type SubscriptionData } from '@mq/protocol'
import { ClientError } from '../errors.js'
import type { ReceivedMessage } from '../received-message.js'

/** `*`, tags such as `TagA || TagB`, or an SQL92 expression over properties, which the broker must allow. */
export type SubscriptionExpression = string | { readonly sql: string }

/** What a consumer wants of a topic. */
export interface Subscription {
  readonly topic: string
  readonly type: 'TAG' | 'SQL92'
  readonly text: string
  /** Empty: all messages. */
  readonly tags: ReadonlySet<string>
}

/** Throws `OPTION_INVALID`. */
export function parseSubscription(topic: string, expression: SubscriptionExpression): Subscription {
  if (typeof expression !== 'string') return { topic, type: 'SQL92', text: expression.sql, tags: new Set() }
  const text = expression.trim() === '' ? '*' : expression.trim()
  const tags = text === '*' ? [] : text.split('||').map((tag) => tag.trim())
  if (tags.some((tag) => tag === ''))
    throw new ClientError(
      'OPTION_INVALID',
      `subscription '${expression}' of ${topic} has an empty tag; write 'TagA || TagB'`,
    )
  return { topic, type: 'TAG', text, tags: new Set(tags) }
}

/** The broker compares hashes of tags, so a message of another tag may come along: here tags are compared. */
export const wants = (subscription: Subscription, message: ReceivedMessage): boolean =>
  subscription.tags.size === 0 || subscription.tags.has(message.tags ?? '')

/** As heartbeats carry it. */
export const subscriptionData = (subscription: Subscription, version: number): SubscriptionData => ({
  classFilterMode: false,
  topic: subscription.topic,
  subString: subscription.text,
  tagsSet: [...subscription.tags],
  codeSet: [...subscription.tags].map(javaHash),
  subVersion: version,
  expressionType: subscription.type,
})
