import type { TopicDetail } from '../../../src/api-types'

/** Queues as choices of a select: `broker-a 3`. */
export const queueOptions = ({ queues }: TopicDetail) =>
  queues.map(({ brokerName, queueId }) => `${brokerName} ${queueId}`)

/** The queue of a choice. */
export function queueNamed(option: string): { brokerName: string; queueId: number } {
  const at = option.lastIndexOf(' ')
  return { brokerName: option.slice(0, at), queueId: Number(option.slice(at + 1)) }
}
