import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  AclField,
  FrameDecoder,
  isSignedWith,
  requestCommand,
  requestSigner,
  signatureOf,
  signingKey,
  type ReceivedCommand,
} from '../src/index.js'

/** Requests that Apache's 4.7.1 clients signed, with what its broker answered. */
const recorded = Object.values(
  JSON.parse(
    gunzipSync(readFileSync(new URL('golden/remoting/4.7.1.json.gz', import.meta.url))).toString('utf8'),
  ) as Record<string, { note: string; request: string; response: string | null }[]>,
)
  .flat()
  .map(({ note, request, response }) => ({ note, request: frame(request), response: response && frame(response) }))
const signed = recorded.filter(({ request }) => request.extFields?.[AclField.SIGNATURE] !== undefined)

function frame(hex: string): ReceivedCommand {
  let command: ReceivedCommand | undefined
  new FrameDecoder({ frameBytesMax: 1 << 24 }).decode(Buffer.from(hex, 'hex'), (one) => (command = one))
  return command!
}

const secret = signingKey('12345678')

describe('signatures of Apache clients', () => {
  test('each recorded request is signed with its secret, whatever its code and header', () => {
    const refusedFor = (text: string) => (one: (typeof signed)[number]) =>
      one.response ? one.response.remark?.includes(text) === true : false
    const wrongSecret = (one: (typeof signed)[number]) =>
      refusedFor('Check signature failed')(one) || one.note.includes('wrong secret')
    expect(signed.length).toBeGreaterThan(50)
    expect(new Set(signed.map(({ request }) => request.code)).size).toBeGreaterThan(12)
    for (const one of signed)
      expect([one.note, isSignedWith(one.request, secret)]).toEqual([one.note, !wrongSecret(one)])
    for (const one of signed.filter(wrongSecret))
      expect(isSignedWith(one.request, signingKey('wrong-secret'))).toBe(true)
  })

  test('signing the same fields gives the very same signature', () => {
    const token = signed.find(({ request }) => request.extFields![AclField.SECURITY_TOKEN] !== undefined)!.request
    for (const { request } of [...signed.filter(({ request }) => isSignedWith(request, secret)), { request: token }]) {
      const { AccessKey, SecurityToken, Signature, ...fields } = request.extFields!
      const command = { ...requestCommand(request.code, fields, request.body), version: request.version }
      requestSigner({ accessKey: AccessKey!, secretKey: '12345678', securityToken: SecurityToken })(command)
      expect(command.extFields).toEqual(request.extFields)
      expect(Signature).toHaveLength(28)
    }
  })
})

describe('isSignedWith', () => {
  const fields = { topic: 'TopicTest', queueId: '3', AccessKey: 'someone' }
  const body = Buffer.from('hello')
  const good = (): ReceivedCommand => {
    const command = { ...requestCommand(310, { ...fields }, body), body }
    command.extFields!.Signature = signatureOf(command, secret)
    return command
  }

  test('a changed field, a field more or less, a changed body, another key: none passes', () => {
    expect(isSignedWith(good(), secret)).toBe(true)
    expect(isSignedWith(good(), signingKey('12345679'))).toBe(false)
    const spoil = (change: (command: ReceivedCommand) => void) => {
      const command = good()
      change(command)
      return isSignedWith(command, secret)
    }
    expect(spoil(({ extFields }) => (extFields!.topic = 'TopicOther'))).toBe(false)
    expect(spoil(({ extFields }) => (extFields!.more = 'x'))).toBe(false)
    expect(spoil(({ extFields }) => delete extFields!.queueId)).toBe(false)
    expect(spoil((command) => (command.body = Buffer.from('hellp')))).toBe(false)
    expect(spoil(({ extFields }) => delete extFields!.Signature)).toBe(false)
    expect(spoil((command) => (command.extFields = undefined))).toBe(false)
    // The last letter before the padding has bits that mean nothing in base64: it counts all the same.
    expect(spoil(({ extFields }) => (extFields!.Signature = `${extFields!.Signature!.slice(0, -2)}!=`))).toBe(false)
  })

  test('no text but the right one passes', () => {
    const command = good()
    const right = command.extFields!.Signature!
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.base64String(), fc.string({ minLength: 28, maxLength: 28 })), (text) => {
        command.extFields!.Signature = text
        expect(isSignedWith(command, secret)).toBe(text === right)
      }),
    )
  })

  test('the mark of a query by unique key is signed by the versions that do', () => {
    const command = (version: number, fields: Record<string, string>) => ({ ...requestCommand(12, fields), version })
    const [plain, marked] = [{ key: 'k' }, { key: 'k', _UNIQUE_KEY_QUERY: 'true' }]
    expect(signatureOf(command(399, marked), secret)).toBe(signatureOf(command(399, plain), secret))
    expect(signatureOf(command(479, marked), secret)).not.toBe(signatureOf(command(479, plain), secret))
  })

  test('a body in pieces is signed as the whole one', () => {
    const pieces = requestCommand(10, fields, [Buffer.from('hel'), Buffer.from('lo')])
    expect(signatureOf(pieces, secret)).toBe(signatureOf(requestCommand(10, fields, body), secret))
  })
})
