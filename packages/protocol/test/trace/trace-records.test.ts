import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  decodeTraceRecords,
  encodeTraceRecord,
  TraceContextCode,
  TraceMessageType,
  type UnreadTrace,
} from '../../src/index.js'

/** Bodies of the messages that Apache's Java client put into the trace topic, with their keys. */
const recorded = (version: string) =>
  JSON.parse(readFileSync(new URL(`../golden/trace/${version}.json`, import.meta.url), 'utf8')) as {
    keys: string
    body: string
  }[]

const known = (body: string) =>
  decodeTraceRecords(body).map((one) => (one.type === 'Unread' ? expect.fail(`not read: ${one.text}`) : one))

describe.each(['4.7.1', '5.3.3'])('what the Java client %s wrote', (version) => {
  const records = recorded(version).flatMap(({ body }) => known(body))

  test('is read, and written again byte for byte', () => {
    for (const { body } of recorded(version)) expect(known(body).map(encodeTraceRecord).join('')).toBe(body)
    expect(records.length).toBeGreaterThan(15)
  })

  test('says of a sent message where it is and how long that took', () => {
    const sent = records.filter((one) => one.type === 'Pub' && one.group === 'PG_TRACE')
    const delayed = sent.find((one) => one.type === 'Pub' && one.messageType === TraceMessageType.DELAY)
    expect(delayed).toMatchObject({
      topic: 'TraceA',
      regionId: 'DefaultRegion',
      tags: 'TagB',
      keys: 'k3 k4',
      bodyLength: 7,
    })
    const plain = sent.find((one) => one.type === 'Pub' && one.bodyLength === 9)
    expect(plain).toMatchObject({ tags: undefined, keys: undefined, success: true, messageType: 0 })
  })

  test('pairs the begin and the end of consuming', () => {
    const befores = records.filter((one) => one.type === 'SubBefore')
    const afters = records.filter((one) => one.type === 'SubAfter')
    expect(afters.map((one) => `${one.requestId} ${one.msgId}`).sort()).toEqual(
      befores.map((one) => `${one.requestId} ${one.msgId}`).sort(),
    )
    const failed = afters.filter((one) => !one.success).map((one) => one.contextCode)
    expect(new Set(failed)).toEqual(new Set([TraceContextCode.EXCEPTION, TraceContextCode.FAILED]))
    expect(afters.every((one) => (one.group === 'CG_TRACE') === (version === '5.3.3'))).toBe(true)
  })
})

test('the end of a transaction tells its state and who decided it', () => {
  const ends = recorded('5.3.3').flatMap(({ body }) => known(body).filter((one) => one.type === 'EndTransaction'))
  expect(ends.map((one) => `${one.transactionState} ${one.fromTransactionCheck}`).sort()).toEqual([
    'COMMIT_MESSAGE false',
    'COMMIT_MESSAGE true',
    'ROLLBACK_MESSAGE false',
    'UNKNOW false',
  ])
})

test('what cannot be read is handed out as it is, and hides nothing else', () => {
  const good = 'SubAfter\u0001r\u0001m\u00015\u0001true\u0001k\u00010\u0002'
  const unread = [
    'Recall\u00011\u0001R',
    'Pub\u0001now',
    'SubAfter\u0001r\u0001m\u0001five\u0001true\u0001k\u00010',
    'constructor\u00011',
  ]
  const records = decodeTraceRecords(unread.map((one) => `${one}\u0002`).join('') + good)
  expect(records.slice(0, -1)).toEqual(unread.map((text): UnreadTrace => ({ type: 'Unread', text })))
  expect(records.at(-1)).toMatchObject({ type: 'SubAfter', costMs: 5 })
})

test('any text is read without an error', () => {
  const text = fc.string({ unit: fc.constantFrom('\u0001', '\u0002', 'Pub', 'SubBefore', '7', 'x', 'null') })
  fc.assert(
    fc.property(text, (body) => {
      expect(decodeTraceRecords(body).every((one) => typeof one.type === 'string')).toBe(true)
    }),
    { seed: 7 },
  )
})
