import type { CallOptions } from '@mq/remoting'
import type { ClientInstance } from '../client-instance/client-instance.js'
import type { TopicRoute } from '../client-instance/topic-route.js'
import { ClientError } from '../errors.js'

/**
 * The route for sending to a topic. Rejects with `TIMEOUT` when there is none in time, whoever asked for it before and with
 * however much time, and however many name servers do not answer.
 */
export function routeInTime(
  { routes, io }: ClientInstance,
  topic: string,
  options: CallOptions & { timeoutMs: number },
): Promise<TopicRoute> {
  const known = routes.known(topic)
  if (known && known.writeQueues.length > 0) return Promise.resolve(known)
  return new Promise((resolve, reject) => {
    const asked = routes.forSending(topic, options)
    const { timeoutMs } = options
    const timer = io.clock.after(timeoutMs, () => reject(tooLate(topic, timeoutMs)))
    void asked.finally(() => timer.cancel()).then(resolve, reject)
  })
}

function tooLate(topic: string, timeoutMs: number): ClientError {
  const problem = `send to ${topic}: no name server gave its route in ${Math.round(timeoutMs)} ms`
  return new ClientError('TIMEOUT', problem, { topic, elapsedMs: timeoutMs, attempts: 0, phase: 'connect' })
}
