import { TopicName } from '@mq/protocol'
import { checkTopic } from '../producer/message.js'

/** Whether, and where to, message trace is written. */
export type TraceOption = boolean | { topic?: string }

/** The topic that option `trace` means; undefined when there is to be no trace. Throws `MESSAGE_INVALID` for a bad name. */
export function traceTopicOf(option: TraceOption | undefined): string | undefined {
  if (option === undefined || option === false) return undefined
  const topic = (option === true ? undefined : option.topic) ?? TopicName.TRACE
  checkTopic(topic)
  return topic
}
