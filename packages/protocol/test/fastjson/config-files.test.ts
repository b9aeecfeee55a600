import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import {
  decodeConsumerOffsetSerializeWrapper,
  decodeDelayOffsetSerializeWrapper,
  decodeSubscriptionGroupWrapper,
  decodeTopicConfigSerializeWrapper,
  parseFastjson,
  writeFastjson,
  writePrettyFastjson,
} from '../../src/index.js'

/** The files of the `config` folders of an Apache broker and name server, by `version/name`. */
const files = JSON.parse(
  gunzipSync(readFileSync(new URL('../golden/config.json.gz', import.meta.url))).toString(),
) as Record<string, string>

describe('files of 4.7.1 are written byte for byte', () => {
  test.each([
    ['topics.json', decodeTopicConfigSerializeWrapper],
    ['subscriptionGroup.json', decodeSubscriptionGroupWrapper],
    ['consumerOffset.json', decodeConsumerOffsetSerializeWrapper],
    ['delayOffset.json', decodeDelayOffsetSerializeWrapper],
    ['consumerFilter.json', (text: string) => parseFastjson(text)],
  ])('%s', (name, decode) => {
    const text = files[`4.7.1/${name}`]!
    expect(writePrettyFastjson(decode(text))).toBe(text)
  })

  test('namesrv-kvConfig.json, which is not indented', () => {
    const text = files['4.7.1/namesrv-kvConfig.json']!
    const { configTable } = parseFastjson(text) as { configTable: Record<string, Record<string, string>> }
    expect(writeFastjson({ configTable: new Map(Object.entries(configTable)) })).toBe(text)
  })
})

test.each(Object.keys(files))('%s is read whole', (name) => {
  const value = parseFastjson(files[name]!)
  // The same text with its bare keys quoted and on one line is plain JSON.
  const plain = files[name]!.replaceAll(/([{,])(\d+):/g, '$1"$2":')
  expect(value).toEqual(JSON.parse(plain))
})

test('5.3.3 adds members that are passed over', () => {
  const topics = decodeTopicConfigSerializeWrapper(files['5.3.3/topics.json']!)
  expect(topics.topicConfigTable.get('TopicTx')).toEqual({
    topicName: 'TopicTx',
    readQueueNums: 4,
    writeQueueNums: 4,
    perm: 6,
    topicFilterType: 'SINGLE_TAG',
    topicSysFlag: 0,
    order: false,
  })
  const offsets = decodeConsumerOffsetSerializeWrapper(files['5.3.3/consumerOffset.json']!)
  expect(offsets.offsetTable.get('TopicOrder@CG_ORDER')).toEqual(new Map([[0, 10], [1, 10], [2, 0], [3, 0]])) // prettier-ignore
})
