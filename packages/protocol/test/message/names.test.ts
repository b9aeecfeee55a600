import { describe, expect, it } from 'vitest'
import {
  checkGroupName,
  checkTopicName,
  dlqTopic,
  groupOfRetryTopic,
  isDlqTopic,
  isRetryTopic,
  isSystemTopic,
  retryTopic,
} from '../../src/index.js'

describe('checkTopicName', () => {
  it.each(['T', 'Topic_a-1', 'INST_1%TopicNs', 'a|b', 'x'.repeat(127), retryTopic('g'.repeat(200))])(
    'takes %s',
    (name) => {
      expect(checkTopicName(name)).toBeUndefined()
    },
  )

  it.each([
    ['', 'the topic name is empty'],
    ['  ', 'the topic name is empty'],
    ['x'.repeat(128), 'the topic name has 128 characters, the most is 127'],
    ['../x', "the topic name '../x' has the character '.'; allowed are letters, digits, '_', '-', '%' and '|'"],
    ['a b', "the topic name 'a b' has the character U+0020; allowed are letters, digits, '_', '-', '%' and '|'"],
    ['a\u0000b', "the topic name 'a?b' has the character U+0000; allowed are letters, digits, '_', '-', '%' and '|'"],
    ['标签', "the topic name '??' has the character U+6807; allowed are letters, digits, '_', '-', '%' and '|'"],
    ['a\n', "the topic name 'a?' has the character U+000A; allowed are letters, digits, '_', '-', '%' and '|'"],
  ])('says what is wrong with %j', (name, sentence) => expect(checkTopicName(name)).toBe(sentence))

  it('answers a name of any length briefly', () => {
    expect(checkTopicName('/'.repeat(10_000))!.length).toBeLessThan(100)
  })
})

describe('checkGroupName', () => {
  it('allows 255 characters', () => {
    expect(checkGroupName('g'.repeat(255))).toBeUndefined()
    expect(checkGroupName('g'.repeat(256))).toBe('the group name has 256 characters, the most is 255')
  })
})

describe('topics of groups', () => {
  it('carry the group in their name', () => {
    expect([retryTopic('g'), dlqTopic('g')]).toEqual(['%RETRY%g', '%DLQ%g'])
    expect([groupOfRetryTopic('%RETRY%g'), groupOfRetryTopic('%DLQ%g'), groupOfRetryTopic('g')]).toEqual([
      'g',
      'g',
      undefined,
    ])
    expect([isRetryTopic('%RETRY%g'), isRetryTopic('%DLQ%g'), isDlqTopic('%DLQ%g')]).toEqual([true, false, true])
  })
})

describe('isSystemTopic', () => {
  it('knows those of 4.7.1 and the prefix of 5.x', () => {
    for (const topic of ['TBW102', 'SCHEDULE_TOPIC_XXXX', 'OFFSET_MOVED_EVENT', 'rmq_sys_wheel_timer'])
      expect(isSystemTopic(topic)).toBe(true)
    expect(isSystemTopic('Topic')).toBe(false)
  })
})
