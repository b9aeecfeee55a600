import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  pullMessageRequest,
  registerBrokerRequest,
  requestHeaders,
  responseHeaders,
  type ExtFields,
  type FieldRow,
  type HeaderTable,
} from '../../src/index.js'
import { protocolErrorOf } from '../support/bad-bytes.js'

const tables = [...requestHeaders.values(), ...responseHeaders.values()].filter(({ fields }) => fields.length > 0)

const values: Record<FieldRow['type'], fc.Arbitrary<unknown>> = {
  text: fc.string({ unit: 'binary' }),
  int: fc.integer(),
  long: fc.maxSafeInteger(),
  bigLong: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  bool: fc.boolean(),
}

const headers = ({ fields }: HeaderTable<any>) =>
  fc.record(Object.fromEntries(fields.map(({ name, type }) => [name, values[type]])), {
    requiredKeys: fields.filter(({ required }) => required).map(({ name }) => name),
    noNullPrototype: true,
  })

const hostileText = fc.oneof(
  fc.constantFrom('', ' 1', '1e3', '0x10', '-', '9223372036854775808', '2147483648', 'NaN', 'null', 'TRUE', 'yes'),
  fc.string({ unit: 'binary' }),
)

describe.each(tables)('$name', (table) => {
  test('what is written is read again', () => {
    fc.assert(
      fc.property(headers(table), (header) => {
        const fields = table.encode(header)
        for (const value of Object.values(fields)) expect(typeof value).toBe('string')
        expect(table.decode(fields)).toEqual(header)
      }),
      { numRuns: 50 },
    )
  })

  test('any fields are read or refused by name', () => {
    const fields = fc.record(Object.fromEntries(table.fields.map(({ wire }) => [wire, hostileText])), {
      requiredKeys: [],
    })
    fc.assert(
      fc.property(fields, (extFields) => {
        try {
          checkTypes(table, table.decode(extFields as ExtFields))
        } catch (error) {
          expect(error).toMatchObject({
            code: 'HEADER_FIELD',
            message: expect.stringContaining(`${table.name}: header field`),
          })
        }
      }),
      { numRuns: 50 },
    )
  })

  test.each(table.fields.filter(({ required }) => required))('$name must be there', ({ wire }) => {
    const complete = Object.fromEntries(table.fields.map((row) => [row.wire, row.type === 'bool' ? 'true' : '1']))
    expect(() => table.decode(complete)).not.toThrow()
    delete complete[wire]
    expect(protocolErrorOf(() => table.decode(complete)).message).toContain(`'${wire}'`)
  })
})

function checkTypes({ fields }: HeaderTable<any>, header: Record<string, unknown>): void {
  for (const { name, type } of fields) {
    const value = header[name]
    if (value === undefined) continue
    if (type === 'int' || type === 'long') expect(Number.isSafeInteger(value)).toBe(true)
    else expect(typeof value).toBe({ text: 'string', bigLong: 'bigint', bool: 'boolean' }[type])
  }
}

describe('what clients leave out', () => {
  test('a pull without versions and expression, as ali-ons and Go send parts of it', () => {
    const header = pullMessageRequest.decode({
      consumerGroup: 'CG', topic: 'T', queueId: '0', queueOffset: '5', maxMsgNums: '32', sysFlag: '6', commitOffset: '0', suspendTimeoutMillis: '15000',
    }) // prettier-ignore
    expect(header).toMatchObject({ queueOffset: 5, sysFlag: 6, subVersion: undefined, expressionType: undefined })
  })

  test('a registration of an old broker without compression and checksum', () => {
    const fields = { brokerName: 'b', brokerAddr: 'a:1', clusterName: 'c', haServerAddr: 'a:2', brokerId: '0' }
    expect(registerBrokerRequest.decode(fields)).toMatchObject({ compressed: undefined, bodyCrc32: undefined })
  })
})

test('a table shared by several codes names the one that was asked', () => {
  expect(protocolErrorOf(() => requestHeaders.get(105)!.decode({})).message).toBe(
    "GET_ROUTEINFO_BY_TOPIC: header field 'topic' is missing; it must be text",
  )
  expect(protocolErrorOf(() => requestHeaders.get(31)!.decode({ topic: 'T', queueId: 'x' })).message).toBe(
    "GET_MIN_OFFSET: header field 'queueId' must be a 32-bit integer, not 'x'",
  )
})
