import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { StoredMessage } from '../../src/cluster-source.js'
import { messageDetail, messageSummary } from '../../src/messages/message-view.js'

const messageOf = (body: Uint8Array | undefined): StoredMessage => ({
  ...{
    topic: 't',
    brokerName: 'b',
    queueId: 0,
    queueOffset: 0,
    msgId: 'm',
    offsetMsgId: 'o',
    tags: undefined,
    keys: [],
  },
  ...{ properties: {}, bornTimestamp: 1, storeTimestamp: 1, bornHost: 'h:1', storeHost: 'h:2' },
  ...{ reconsumeTimes: 0, sysFlag: 0, flag: 0, storeSize: 100, body },
})
const summaryOf = (body: string | Uint8Array) => messageSummary(messageOf(Buffer.from(body as string)))

describe('messageSummary', () => {
  it.each([
    ['hello\tworld\r\n', 'text'],
    ['', 'text'],
    ['{"a":1}', 'json'],
    [' [1, 2]', 'json'],
    ['{"a":', 'text'],
    ['42', 'text'],
    ['a\0b', 'binary'],
  ])('takes %j for %s', (body, kind) => {
    expect(summaryOf(body).bodyKind).toBe(kind)
  })

  it('cuts long text between characters', () => {
    expect(summaryOf('ü'.repeat(1000)).preview).toBe('ü'.repeat(120))
    expect(summaryOf('€'.repeat(1000)).preview).toBe('€'.repeat(80))
  })

  it('shows a body that cannot be decompressed as unreadable', () => {
    expect(messageSummary(messageOf(undefined))).toMatchObject({ bodyKind: 'unreadable', bodyBytes: null, preview: '' })
  })

  it('shows any bytes as they are or as hex', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (body) => {
        const { bodyKind, preview } = summaryOf(body)
        const shown = bodyKind === 'binary' ? Buffer.from(preview.replaceAll(' ', ''), 'hex') : Buffer.from(preview)
        expect(shown).toEqual(Buffer.from(body.subarray(0, shown.length)))
        expect(shown.length).toBe(bodyKind === 'binary' ? Math.min(48, body.length) : body.length)
      }),
    )
  })
})

describe('messageDetail', () => {
  it('carries a mebibyte of a larger body', () => {
    const detail = messageDetail(messageOf(Buffer.alloc(1024 * 1024 + 1, 'x')))
    expect(detail).toMatchObject({ bodyTruncated: true, bodyBytes: 1024 * 1024 + 1 })
    expect(Buffer.from(detail.bodyBase64, 'base64').length).toBe(1024 * 1024)
  })
})
