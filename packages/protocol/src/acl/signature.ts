import { createHmac, createSecretKey, timingSafeEqual, type KeyObject } from 'node:crypto'
import { MQVersion } from '../codes/version.js'
import type { ExtFields, RemotingCommand } from '../command.js'

/** Who a client is (`SessionCredentials`, 4.7.1). */
export interface Credentials {
  readonly accessKey: string
  /** Never sent; it makes the signature. */
  readonly secretKey: string
  /** Sent and signed when there is one (`SecurityToken`); brokers of 4.x do not look at it. */
  readonly securityToken?: string
}

/** A secret key made ready once, so that signing sets up no key. It does not show in logs. */
export type SigningKey = KeyObject

export const signingKey = (secretKey: string): SigningKey => createSecretKey(Buffer.from(secretKey, 'utf8'))

/** Extension fields of a signed request. */
export const AclField = { ACCESS_KEY: 'AccessKey', SECURITY_TOKEN: 'SecurityToken', SIGNATURE: 'Signature' } as const

/** Added to a query after it was signed, by clients up to 4.9.3; later ones sign all there is. */
const addedAfterSigning = '_UNIQUE_KEY_QUERY'

/**
 * HMAC-SHA1 in base64 over the values of all extension fields but the signature, in the order of their names, and the body
 * (`AclUtils.combineRequestContent`, 4.7.1; `_UNIQUE_KEY_QUERY` by the sender's version, as 5.3.3 has it).
 */
export function signatureOf(command: RemotingCommand, key: SigningKey): string {
  const hmac = createHmac('sha1', key).update(signedText(command.extFields, command.version), 'utf8')
  const { body } = command
  if (body instanceof Uint8Array) hmac.update(body)
  else for (const piece of body ?? []) hmac.update(piece)
  return hmac.digest('base64')
}

function signedText(fields: ExtFields | undefined, version: number): string {
  if (fields === undefined) return ''
  let text = ''
  // By UTF-16 units, which is how Java orders too.
  for (const name of Object.keys(fields).sort()) {
    if (name === AclField.SIGNATURE) continue
    if (name === addedAfterSigning && version <= MQVersion.V4_9_3) continue
    text += fields[name]!
  }
  return text
}

/** Does the request carry the signature that this key makes? Takes the same time however much of it is right. */
export function isSignedWith(command: RemotingCommand, key: SigningKey): boolean {
  const given = Buffer.from(command.extFields?.[AclField.SIGNATURE] ?? '', 'utf8')
  const right = Buffer.from(signatureOf(command, key), 'latin1')
  return given.length === right.length && timingSafeEqual(given, right)
}

/** Signs requests as `AclClientRPCHook` does: to be called when all their fields are set. The fields given stay as they are. */
export function requestSigner({
  accessKey,
  secretKey,
  securityToken,
}: Credentials): (command: RemotingCommand) => void {
  const key = signingKey(secretKey)
  const identity: ExtFields = { [AclField.ACCESS_KEY]: accessKey }
  if (securityToken !== undefined) identity[AclField.SECURITY_TOKEN] = securityToken
  return (command) => {
    command.extFields = { ...command.extFields, ...identity }
    command.extFields[AclField.SIGNATURE] = signatureOf(command, key)
  }
}
