import { deflateSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { decodeRegisterBrokerBody, encodeRegisterBrokerBody, type RegisterBrokerBody } from '../../src/index.js'
import { expectOnlyProtocolErrors, protocolErrorOf } from '../support/bad-bytes.js'
import { commandOf, goldenFiles } from '../support/golden-remoting.js'

const recorded: RegisterBrokerBody[] = goldenFiles('4.7.1')
  .find(({ code }) => code === 103)!
  .exchanges.map(({ request }) => decodeRegisterBrokerBody(commandOf(request).body))

const part = (text: string) => {
  const bytes = Buffer.alloc(4 + Buffer.byteLength(text))
  bytes.writeInt32BE(bytes.length - 4)
  bytes.write(text, 4)
  return bytes
}
const count = (n: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(n)
  return bytes
}
const version = part('{"counter":7,"timestamp":1795347936635}')

describe('the compressed form', () => {
  test('carries what was recorded', () => {
    expect(recorded.length).toBeGreaterThan(5)
    for (const body of recorded)
      expect(decodeRegisterBrokerBody(encodeRegisterBrokerBody(body, true), true)).toEqual(body)
  })

  test('as 5.x writes it: attributes behind each topic, another section behind the end', () => {
    const bytes = Buffer.concat([
      version,
      count(1),
      part('TopicA 4 8 6 SINGLE_TAG {"+message.type":"FIFO x"}'),
      part('["h:1"]'),
      count(1),
      part('{}'),
    ])
    const { filterServerList, topicConfigSerializeWrapper } = decodeRegisterBrokerBody(deflateSync(bytes), true)
    expect(filterServerList).toEqual(['h:1'])
    expect(topicConfigSerializeWrapper.dataVersion).toEqual({ counter: 7, timestamp: 1795347936635 })
    expect(topicConfigSerializeWrapper.topicConfigTable.get('TopicA')).toMatchObject({
      readQueueNums: 4,
      writeQueueNums: 8,
      perm: 6,
    })
  })

  test.each([
    ['no deflate', Buffer.from('x'), 'cannot be inflated'],
    ['cut off', deflateSync(Buffer.concat([version, count(2), part('T 4 4 6 SINGLE_TAG')])), 'cut off'],
    ['a length below zero', deflateSync(count(-1)), 'cut off'],
    [
      'a topic of four words',
      deflateSync(Buffer.concat([version, count(1), part('T 4 4 6'), part('[]')])),
      "'T 4 4 6' is no topic",
    ],
    [
      'a count that is no number',
      deflateSync(Buffer.concat([version, count(1), part('T 4 x 6 SINGLE_TAG'), part('[]')])),
      'is no topic',
    ],
    ['a wrong version', deflateSync(part('{"counter":')), 'RegisterBrokerBody.dataVersion: wrong JSON'],
    ['a bomb', deflateSync(Buffer.alloc(70 * 1024 * 1024)), 'cannot be inflated'],
  ])('refuses %s', (_name, bytes, problem) => {
    const error = protocolErrorOf(() => decodeRegisterBrokerBody(bytes, true))
    expect(error).toMatchObject({ code: 'BODY', message: expect.stringContaining(problem) })
  })

  test('any bytes are read or refused', () => {
    expectOnlyProtocolErrors(
      (bytes) => decodeRegisterBrokerBody(bytes, true),
      [encodeRegisterBrokerBody(recorded[0]!, true)],
      300,
    )
    const plain = Buffer.concat([version, count(2), part('T 4 4 6 SINGLE_TAG'), part('U 4 4 6 MULTI_TAG'), part('[]')])
    expectOnlyProtocolErrors((bytes) => decodeRegisterBrokerBody(deflateSync(bytes), true), [plain], 500)
  })
})
