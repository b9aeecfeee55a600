/** Topics with a meaning of their own (`TopicValidator`, `MixAll`, 4.7.1). */
export const TopicName = {
  AUTO_CREATE: 'TBW102',
  SCHEDULE: 'SCHEDULE_TOPIC_XXXX',
  BENCHMARK: 'BenchmarkTest',
  TRANSACTION_HALF: 'RMQ_SYS_TRANS_HALF_TOPIC',
  TRANSACTION_OP_HALF: 'RMQ_SYS_TRANS_OP_HALF_TOPIC',
  TRANSACTION_CHECK_MAX_TIME: 'TRANS_CHECK_MAX_TIME_TOPIC',
  TRACE: 'RMQ_SYS_TRACE_TOPIC',
  SELF_TEST: 'SELF_TEST_TOPIC',
  OFFSET_MOVED_EVENT: 'OFFSET_MOVED_EVENT',
} as const

/** Bits of a topic's or broker's permission. */
export const TopicPermission = { INHERIT: 1, WRITE: 2, READ: 4, PRIORITY: 8 } as const

const systemTopics = new Set<string>(Object.values(TopicName))
const retryPrefix = '%RETRY%'
const dlqPrefix = '%DLQ%'

export const isSystemTopic = (topic: string): boolean => systemTopics.has(topic) || topic.startsWith('rmq_sys_')

export const retryTopic = (group: string): string => retryPrefix + group
export const dlqTopic = (group: string): string => dlqPrefix + group
export const isRetryTopic = (topic: string): boolean => topic.startsWith(retryPrefix)
export const isDlqTopic = (topic: string): boolean => topic.startsWith(dlqPrefix)
/** The group of a retry or dead-letter topic; undefined for other topics. */
export function groupOfRetryTopic(topic: string): string | undefined {
  if (isRetryTopic(topic)) return topic.slice(retryPrefix.length)
  return isDlqTopic(topic) ? topic.slice(dlqPrefix.length) : undefined
}

const topicLengthMax = 127
/** Room for the prefix before a group of full length. */
const retryTopicLengthMax = 255
const groupLengthMax = 255
const legalName = /^[%|a-zA-Z0-9_-]+$/

/** What is wrong with a topic name, as a sentence; undefined when nothing is (`TopicValidator`, 4.7.1). */
export function checkTopicName(topic: string): string | undefined {
  const lengthMax = groupOfRetryTopic(topic) === undefined ? topicLengthMax : retryTopicLengthMax
  return checkName('topic', topic, lengthMax)
}

/** What is wrong with the name of a producer or consumer group; undefined when nothing is (`Validators`, 4.7.1). */
export const checkGroupName = (group: string): string | undefined => checkName('group', group, groupLengthMax)

function checkName(kind: string, name: string, lengthMax: number): string | undefined {
  if (name.trim() === '') return `the ${kind} name is empty`
  if (name.length > lengthMax) return `the ${kind} name has ${name.length} characters, the most is ${lengthMax}`
  if (legalName.test(name)) return undefined
  const wrong = [...name].find((character) => !legalName.test(character))!
  return `the ${kind} name '${name.replace(/[^\x20-\x7e]/g, '?').slice(0, 60)}' has the character ${describe(wrong)}; allowed are letters, digits, '_', '-', '%' and '|'`
}

const describe = (character: string): string =>
  /^[\x21-\x7e]$/.test(character)
    ? `'${character}'`
    : `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`
