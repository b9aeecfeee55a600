import { describe, expect, test } from 'vitest'
import {
  RequestCode,
  requestCommand,
  sendMessageRequest,
  sendMessageV2Request,
  toSendMessage,
  type ExtFields,
  type ReceivedCommand,
} from '../../src/index.js'
import { commandOf, goldenFiles } from '../support/golden-remoting.js'

const header = {
  producerGroup: 'PG',
  topic: 'T',
  defaultTopic: 'TBW102',
  defaultTopicQueueNums: 4,
  queueId: 1,
  sysFlag: 0,
  bornTimestamp: 1795347982007,
  flag: 0,
  properties: 'KEYS\u0001k\u0002',
  reconsumeTimes: 0,
  unitMode: false,
}

const received = (code: number, extFields: ExtFields) => requestCommand(code, extFields) as ReceivedCommand

describe('every form of a send becomes one header', () => {
  test.each([
    [RequestCode.SEND_MESSAGE, sendMessageRequest, undefined, false],
    [RequestCode.SEND_MESSAGE, sendMessageRequest, true, true],
    [RequestCode.SEND_MESSAGE_V2, sendMessageV2Request, false, false],
    [RequestCode.SEND_MESSAGE_V2, sendMessageV2Request, true, true],
    [RequestCode.SEND_BATCH_MESSAGE, sendMessageV2Request, undefined, true],
    [RequestCode.SEND_REPLY_MESSAGE, sendMessageRequest, undefined, false],
    [RequestCode.SEND_REPLY_MESSAGE_V2, sendMessageV2Request, false, false],
  ])('code %i', (code, table, flag, batch) => {
    expect(toSendMessage(received(code, table.encode({ ...header, batch: flag })))).toEqual({ ...header, batch })
  })

  test('C++ writes truth as a number', () => {
    const fields = { ...sendMessageRequest.encode(header), unitMode: '0', batch: '1' }
    expect(toSendMessage(received(RequestCode.SEND_MESSAGE, fields))).toMatchObject({ unitMode: false, batch: true })
  })
})

test('ali-ons sends numbers and leaves out the batch flag', () => {
  const sends = goldenFiles('ali-ons').find(({ code }) => code === RequestCode.SEND_MESSAGE_V2)!.exchanges
  for (const { request } of sends) {
    const command = commandOf(request)
    expect(command.extFields).not.toHaveProperty('m')
    expect(toSendMessage(command)).toMatchObject({ batch: false, unitMode: false, defaultTopicQueueNums: 4 })
  }
})
