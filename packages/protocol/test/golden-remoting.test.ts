import { describe, expect, test } from 'vitest'
import {
  encodeResetOffsetBodyForC,
  parseFastjson,
  requestCodeName,
  requestHeaders,
  responseHeaders,
  type ExtFields,
  type HeaderTable,
  type ReceivedCommand,
} from '../src/index.js'
import { raw, requestBodies, responseBodies, type BodyCodec } from './support/golden-bodies.js'
import { commandOf, goldenFiles, goldenSources, plainHeaderOf, type GoldenFile } from './support/golden-remoting.js'

/*
 * Everything that was recorded from Apache's own software, the Go client and ali-ons: each frame is decoded, its fields
 * by the table of its code, its body by the codec of its code, and both are written again.
 */

const files = goldenSources.flatMap(goldenFiles)
/** A request with a code that nobody has. */
const unknownCode = 9999
const codesOf471 = new Set(files.filter(({ source }) => source === '4.7.1').map(({ code }) => code))
codesOf471.delete(unknownCode)

/** What belongs to no single request: signatures, and what 5.x puts everywhere. */
const commonExtras = ['AccessKey', 'Signature', 'SecurityToken', 'OnsChannel', 'bname', 'ReqT']

/** What 5.3.3 added to the fields of codes of 4.7.1. */
const extrasOf533: Record<number, string[]> = {
  11: ['maxMsgBytes'],
  17: ['attributes', 'force'],
  29: ['boundaryType'],
  30: ['committed'],
  33: ['topic'],
  37: ['topic'],
  39: ['topic'],
  103: ['enableActingMaster'],
  105: ['acceptStandardJsonOnly'],
  207: ['cleanOffset'],
  216: ['clusterName'],
  220: ['queueId'],
  222: ['queueId', 'offset'],
  309: ['topic', 'groupSysFlag', 'topicSysFlag'],
  310: ['n'],
  320: ['n'],
  323: ['topic'],
  325: ['n'],
  361: ['maxMsgBytes'],
}
const responseExtrasOf533: Record<number, string[]> = {
  11: ['topicSysFlag', 'groupSysFlag', 'forbiddenType'],
  34: ['IS_SUPPORT_HEART_BEAT_V2', 'IS_SUB_CHANGE'],
  310: ['recallHandle'],
  361: ['topicSysFlag', 'groupSysFlag'],
}

/** Requests made wrong by hand to record the error, by code and step: they are refused, and no others are. */
const wrongRequests = new Set([
  '302 broker: defined but unused code 302',
  '310 send: missing required fields',
  '310 send: numbers that are not numbers',
])

/** Bodies made by hand (Java would begin a group with its broker id): what they leave out is filled in. */
const isShort = (body: string) => body === '{}' || body.startsWith('{"groupName":')

describe.each(files)('$source $name', (file) => {
  test('frames decode', () => {
    expect(file.exchanges.length).toBeGreaterThan(0)
    for (const { request, response } of file.exchanges) {
      expect(commandOf(request).code).toBe(file.code)
      for (const frame of response ? [request, response] : [request]) expectSameAsPlain(frame)
    }
  })

  if (requestHeaders.has(file.code)) {
    test('fields of requests read and write the same', () => checkRequestFields(file))
    test('fields of responses read and write the same', () => checkResponseFields(file))
    test('bodies read and write the same', () => checkBodies(file))
  }
})

test.each([...codesOf471])('code %i of 4.7.1 has a header table', (code) => {
  expect(requestHeaders.get(code)?.name).toBe(requestCodeName(code))
})

test('every code with a table was recorded, and every codec of a body met one', () => {
  expect([...requestHeaders.keys()].filter((code) => !codesOf471.has(code))).toEqual([361])
  expect(codesOf471.size).toBe(93)
  for (const [bodies, pick] of [
    [requestBodies, (file: GoldenFile) => file.exchanges.map(({ request }) => request)],
    [responseBodies, (file: GoldenFile) => file.exchanges.map(({ response }) => response)],
  ] as const) {
    const met = files.filter((file) => pick(file).some((frame) => frame && commandOf(frame).body))
    for (const code of Object.keys(bodies)) expect(met.map((file) => file.code)).toContain(Number(code))
  }
})

/** A JSON header read by `JSON.parse` alone says the same. */
function expectSameAsPlain(frame: Buffer): void {
  const plain = plainHeaderOf(frame)
  if (plain === undefined) return
  const command = commandOf(frame)
  for (const member of ['code', 'flag', 'opaque', 'version', 'language'] as const)
    expect(command[member]).toBe(plain[member])
  expect(command.remark).toBe(plain.remark)
  const fields = plain.extFields as Record<string, unknown> | undefined
  const asText = fields && Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, String(value)]))
  expect(command.extFields).toEqual(asText)
}

const refusals = ['MSG_REGION', 'forbiddenType']

function checkRequestFields(file: GoldenFile): void {
  const table = requestHeaders.get(file.code)!
  for (const { request, note } of file.exchanges) {
    const { extFields } = commandOf(request)
    if (wrongRequests.has(`${file.code} ${note}`)) expect(() => table.decode(extFields), note).toThrow(/header field '/)
    else expectSameFields(table, extFields, file.source === '5.3.3' ? extrasOf533[file.code] : undefined)
  }
}

function checkResponseFields(file: GoldenFile): void {
  const table = responseHeaders.get(file.code)
  const extras = file.source === '5.3.3' ? responseExtrasOf533[file.code] : undefined
  for (const { response } of file.exchanges) {
    const answer = response && commandOf(response)
    if (!answer?.extFields || Object.keys(answer.extFields).length === 0) continue
    if (table === undefined) expect(Object.keys(answer.extFields).filter((key) => !extras?.includes(key))).toEqual([])
    // A refused send says only where it was refused, a forbidden pull of 5.x only why.
    else if (refusals.some((key) => key in answer.extFields!) && answer.code !== 0) continue
    else expectSameFields(table, answer.extFields, extras)
  }
}

function expectSameFields(table: HeaderTable<any>, extFields: ExtFields = {}, extras: string[] = []): void {
  const known = new Set(table.fields.map(({ wire }) => wire))
  const own = Object.entries(extFields).filter(([key]) => known.has(key))
  const strange = Object.keys(extFields).filter((key) => !known.has(key) && ![...commonExtras, ...extras].includes(key))
  expect(strange).toEqual([])
  const header = table.decode(extFields)
  for (const { name, wire, type } of table.fields) {
    if (extFields[wire] !== undefined) expect(typeof header[name], `${table.name}.${name}`).toBe(jsTypes[type])
  }
  expect(table.encode(header)).toEqual(Object.fromEntries(own))
}

const jsTypes = { text: 'string', int: 'number', long: 'number', bigLong: 'bigint', bool: 'boolean' }

function checkBodies(file: GoldenFile): void {
  for (const { request, response } of file.exchanges) {
    checkBody(file, 'request', commandOf(request))
    if (response) checkBody(file, 'response', commandOf(response))
  }
}

function checkBody({ code, source, name }: GoldenFile, side: 'request' | 'response', command: ReceivedCommand): void {
  const codec = (side === 'request' ? requestBodies : responseBodies)[code]
  if (command.body === undefined || codec === raw) return
  expect(codec, `the codec for a body of a ${side} of code ${code}`).toBeDefined()
  const original = Buffer.from(command.body).toString()
  const again = writtenAgain(codec!, original)
  if (isShort(original)) expectContained(parseFastjson(original), parseFastjson(again), name)
  else if (source === '5.3.3') expectContained(parseFastjson(again), parseFastjson(original), name)
  // The servers of these recordings are Java 4.7.1: only requests are in the client's own form.
  else if (source === '4.7.1' || side === 'response') expect(again).toBe(original)
  else expectContained(parseFastjson(original), parseFastjson(again), name)
}

/** Read, and written in the form the original has. */
function writtenAgain(codec: BodyCodec, original: string): string {
  const value = codec.decode(Buffer.from(original))
  if (original.startsWith('{"offsetTable":[')) return Buffer.from(encodeResetOffsetBodyForC(value)).toString()
  const text = Buffer.from(codec.encode(value, { quoteIntegers: original.includes('{"0":') })).toString()
  // We write this flag under the names of both versions, Apache under that of its own.
  if (original.includes('"topicSynFlag"')) return text.replaceAll(/,"topicSysFlag":\d+/g, '')
  return original.includes('"queueDatas"') ? text.replaceAll(/"topicSynFlag":\d+,/g, '') : text
}

/** Everything in `part` is in `whole` with the same value; numbers may be text in one of them, as Go writes some. */
function expectContained(part: unknown, whole: unknown, path: string): void {
  if (typeof part !== 'object' || part === null) {
    expect(String(whole), path).toBe(String(part))
    return
  }
  if (part instanceof Map || Array.isArray(part)) {
    expect([...(whole as Iterable<unknown>)].length, path).toBe([...part].length)
  }
  const members = (of: unknown) => (of instanceof Map ? [...of] : of) as Record<string, unknown>
  for (const [key, one] of Object.entries(members(part))) expectContained(one, members(whole)[key], `${path}.${key}`)
}
