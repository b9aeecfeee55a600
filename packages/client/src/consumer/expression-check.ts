import { encodeCheckClientRequestBody, requestCommand, RequestCode, ResponseCode } from '@mq/protocol'
import type { ClientInstance } from '../client-instance/client-instance.js'
import { masterId } from '../client-instance/topic-route.js'
import { ClientError, fromResponse } from '../errors.js'
import { subscriptionData, type Subscription } from './subscription.js'

/**
 * Asks the brokers of a topic whether they filter by a subscription's SQL92 expression (CHECK_CLIENT_CONFIG), as Java's client
 * does at its start. Rejects with `EXPRESSION_REFUSED`; the broker's words name the place in the expression. A broker or topic
 * that is not there yet refuses nothing: it says so when it is pulled from.
 */
export async function checkExpression(
  instance: ClientInstance,
  group: string,
  subscription: Subscription,
): Promise<void> {
  if (subscription.type === 'TAG') return
  const route = await instance.routes.forReading(subscription.topic).catch(() => undefined)
  const masters = [...(route?.brokers.values() ?? [])].flatMap((addresses) => addresses.get(masterId) ?? [])
  await Promise.all(masters.map((address) => checkAt(address, instance, group, subscription)))
}

async function checkAt(
  address: string,
  { clientId, remoting }: ClientInstance,
  group: string,
  subscription: Subscription,
): Promise<void> {
  const { topic, text } = subscription
  const body = encodeCheckClientRequestBody({
    ...{ clientId, group, namespace: undefined },
    subscriptionData: subscriptionData(subscription, 0),
  })
  const request = requestCommand(RequestCode.CHECK_CLIENT_CONFIG, undefined, body)
  const response = await remoting.call(address, request, { timeoutMs: 3000 }).catch(() => undefined)
  if (response === undefined || response.code === ResponseCode.SUCCESS) return
  const error = fromResponse(response, `subscription to ${topic}`, { address, topic, group })
  if (error.code === 'BUSY') return
  throw new ClientError('EXPRESSION_REFUSED', `${error.problem} (expression '${text}')`, error.details)
}
