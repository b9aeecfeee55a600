import {
  decodeConsumerConnection,
  isRetryTopic,
  requestCommand,
  RequestCode,
  ResponseCode,
  type SubscriptionData,
} from '@mq/protocol'
import type { ClientInstance } from '../client-instance/client-instance.js'
import type { SubscriptionDifference } from './consumer-events.js'
import type { Subscription } from './subscription.js'
import type { Subscriptions } from './subscriptions.js'

/** Members change one after the other, so a difference must be seen twice: this far apart at least, and at most, ms. */
const againAfterMs = 10_000
const forgottenAfterMs = 120_000

/**
 * Whether all members of the group subscribe to the same. The broker keeps one set of subscriptions for a group, the newest
 * that a member told: if it is not ours, another member's differs, and each takes away messages that the others want.
 */
export class SubscriptionCheck {
  #seenMs: number | undefined
  #lastMs = 0
  #isTold = false

  constructor(
    private readonly instance: ClientInstance,
    private readonly group: string,
    private readonly subscriptions: Subscriptions,
    private readonly onDiffer: (differences: readonly SubscriptionDifference[]) => void,
  ) {}

  /** Asks the broker at this address. What fails is asked again next time. */
  async look(address: string): Promise<void> {
    const differences = await this.#differences(address).catch((error: Error) => {
      this.instance.logger.debug(
        { address, error: error.message },
        `subscriptions of group ${this.group} are not known`,
      )
    })
    if (differences === undefined) return
    const now = this.instance.io.clock.monotonic()
    if (differences.length === 0) this.#forget(now)
    else this.#seen(differences, now)
  }

  #seen(differences: readonly SubscriptionDifference[], now: number): void {
    this.#seenMs ??= now
    this.#lastMs = now
    if (this.#isTold || now - this.#seenMs < againAfterMs) return
    this.#isTold = true
    const which = differences.map(({ topic, own, other }) => `${topic}: here ${said(own)}, there ${said(other)}`)
    const problem = `members of group ${this.group} subscribe to different things (${which.join('; ')})`
    const next = 'Messages stay or get lost so: give all members the same subscriptions, or groups of their own.'
    this.instance.logger.warn({ group: this.group, differences }, `${problem}. ${next}`)
    this.onDiffer(differences)
  }

  /** Each heartbeat of a member puts its own subscriptions back, so one look without a difference says little. */
  #forget(now: number): void {
    if (this.#seenMs === undefined || now - this.#lastMs < forgottenAfterMs) return
    this.#seenMs = undefined
    this.#isTold = false
  }

  async #differences(address: string): Promise<SubscriptionDifference[] | undefined> {
    const request = requestCommand(RequestCode.GET_CONSUMER_CONNECTION_LIST, { consumerGroup: this.group })
    const response = await this.instance.remoting.call(address, request, { timeoutMs: 3000 })
    if (response.code !== ResponseCode.SUCCESS) return undefined
    const { subscriptionTable } = decodeConsumerConnection(response.body ?? new Uint8Array(0))
    const topics = new Set([...this.subscriptions.topics(), ...subscriptionTable.keys()])
    return [...topics]
      .filter((topic) => !isRetryTopic(topic))
      .map((topic) => ({ topic, own: own(this.subscriptions.get(topic)), other: others(subscriptionTable.get(topic)) }))
      .filter((one) => one.own !== one.other)
  }
}

const said = (expression: string | undefined): string => (expression === undefined ? 'nothing' : `'${expression}'`)

const own = (subscription: Subscription | undefined): string | undefined =>
  subscription && expressionText(subscription.type, subscription.text)

const others = (data: SubscriptionData | undefined): string | undefined =>
  data && expressionText(data.expressionType ?? 'TAG', data.subString)

/** Tags in one order, so that `a||b` is `b || a`. */
const expressionText = (type: string, text: string): string =>
  type === 'TAG'
    ? text
        .split('||')
        .map((tag) => tag.trim())
        .sort()
        .join(' || ')
    : text
