import type { Admin } from './command.js'

/** Where name servers keep the queues of ordered topics (`NamesrvUtil`, 4.7.1). */
const namespace = 'ORDER_TOPIC_CONFIG'

/** Sets the queues of an ordered topic by broker name; returns the whole of it, `broker-a:8;broker-b:8`. */
export async function putOrder(
  admin: Admin,
  topic: string,
  queuesByBroker: ReadonlyMap<string, number>,
  { replace = false } = {},
): Promise<string> {
  const known = replace ? undefined : await admin.getKvConfig(namespace, topic)
  const parts = new Map((known ?? '').split(';').flatMap((part) => (part === '' ? [] : [splitPart(part)])))
  for (const [brokerName, queues] of queuesByBroker) parts.set(brokerName, String(queues))
  const value = [...parts].map(([brokerName, queues]) => `${brokerName}:${queues}`).join(';')
  await admin.putKvConfig(namespace, topic, value)
  return value
}

function splitPart(part: string): [string, string] {
  const at = part.lastIndexOf(':')
  return [part.slice(0, at), part.slice(at + 1)]
}
