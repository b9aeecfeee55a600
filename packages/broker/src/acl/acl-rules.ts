import { isRetryTopic, retryTopic, signingKey, type DataVersion, type SigningKey } from '@mq/protocol'
import { keyLengthMin } from './key-length.js'
import { parsePermission, Permission, permissionWords } from './permission.js'
import { addressMatcher, type AddressMatcher } from './remote-addresses.js'

/** An account as it is checked against. */
export interface AclAccount {
  readonly accessKey: string
  readonly key: SigningKey
  readonly admin: boolean
  /** From these addresses its requests pass unsigned. */
  readonly isWhite: AddressMatcher | undefined
  /** Permissions by topic, those of groups by the name of their retry topic. Empty: only the defaults count. */
  readonly permissions: ReadonlyMap<string, number>
  readonly defaultTopicPermission: number
  readonly defaultGroupPermission: number
}

/** What a `plain_acl.yml` says. */
export interface AclRules {
  readonly accounts: ReadonlyMap<string, AclAccount>
  /** From these addresses every request passes. */
  readonly white: readonly AddressMatcher[]
  /** Of the last change by request; undefined when there was none. */
  readonly version: DataVersion | undefined
  /** What was read and means something else than its author may think. */
  readonly warnings: readonly string[]
}

const topKeys = ['globalWhiteRemoteAddresses', 'accounts', 'dataVersion']
const permissionKeys = ['defaultTopicPerm', 'defaultGroupPerm', 'topicPerms', 'groupPerms']
const accountKeys = ['accessKey', 'secretKey', 'whiteRemoteAddress', 'admin', ...permissionKeys]

/**
 * The rules of a document whose scalars are all text. Throws an `Error` that names the place and what it must be; no message
 * shows a secret.
 */
export function readAclRules(document: unknown): AclRules {
  const warnings: string[] = []
  const top = mapAt('the file', document)
  warnUnknown(top, topKeys, 'the file', warnings)
  const white = textsAt('globalWhiteRemoteAddresses', top['globalWhiteRemoteAddresses']).flatMap(
    (pattern) => addressMatcher(pattern) ?? [],
  )
  const accounts = new Map<string, AclAccount>()
  for (const [i, one] of listAt('accounts', top['accounts']).entries()) {
    const account = readAccount(`accounts[${i}]`, one, warnings)
    if (accounts.has(account.accessKey))
      warnings.push(`account ${account.accessKey} is there twice: the last one counts`)
    accounts.set(account.accessKey, account)
  }
  return { accounts, white, version: readVersion(top['dataVersion']), warnings }
}

function readAccount(place: string, value: unknown, warnings: string[]): AclAccount {
  const given = mapAt(place, value)
  const accessKey = keyAt(`${place}.accessKey`, given['accessKey'])
  const named = `account ${accessKey}`
  warnUnknown(given, accountKeys, named, warnings)
  const permissionAt = (key: string): number => {
    const text = textAt(`${named}: ${key}`, given[key])
    return text === '' ? Permission.NONE : permissionOf(`${named}: ${key}`, text, warnings)
  }
  const permissions = new Map<string, number>()
  for (const key of ['topicPerms', 'groupPerms']) {
    for (const line of textsAt(`${named}: ${key}`, given[key])) {
      const [name, permission] = readPermission(`${named}: ${key}`, line, warnings)
      permissions.set(key === 'groupPerms' && !isRetryTopic(name) ? retryTopic(name) : name, permission)
    }
  }
  return {
    accessKey,
    key: signingKey(keyAt(`${named}: secretKey`, given['secretKey'])),
    admin: flagAt(`${named}: admin`, given['admin']),
    isWhite: addressMatcher(textAt(`${named}: whiteRemoteAddress`, given['whiteRemoteAddress'])),
    permissions,
    defaultTopicPermission: permissionAt('defaultTopicPerm'),
    defaultGroupPermission: permissionAt('defaultGroupPerm'),
  }
}

/** `topicA=PUB|SUB` */
function readPermission(place: string, line: string, warnings: string[]): [name: string, permission: number] {
  const parts = line.split('=').map((part) => part.trim())
  const [name, text] = parts
  if (parts.length !== 2 || !name || !text) throw new Error(`${place} must hold name=permission, not '${short(line)}'`)
  return [name, permissionOf(place, text, warnings)]
}

function permissionOf(place: string, text: string, warnings: string[]): number {
  const permission = parsePermission(text)
  if (permission === undefined)
    warnings.push(`${place}: '${short(text)}' is none of ${permissionWords} and counts as DENY`)
  return permission ?? Permission.NONE
}

function readVersion(value: unknown): DataVersion | undefined {
  const [first] = listAt('dataVersion', value)
  if (first === undefined) return undefined
  const { counter, timestamp } = mapAt('dataVersion[0]', first)
  return {
    counter: countAt('dataVersion[0].counter', counter),
    timestamp: countAt('dataVersion[0].timestamp', timestamp),
  }
}

function warnUnknown(given: object, known: readonly string[], place: string, warnings: string[]): void {
  for (const key of Object.keys(given).filter((one) => !known.includes(one)))
    warnings.push(`${place}: '${short(key)}' is no key that is known, and without effect`)
}

function mapAt(place: string, value: unknown): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw new Error(`${place} must be a list of keys and values`)
}

function listAt(place: string, value: unknown): readonly unknown[] {
  if (isBlank(value)) return []
  if (Array.isArray(value)) return value as readonly unknown[]
  throw new Error(`${place} must be a list`)
}

const textsAt = (place: string, value: unknown): string[] =>
  listAt(place, value).map((one, i) => textAt(`${place}[${i}]`, one))

function textAt(place: string, value: unknown): string {
  if (isBlank(value)) return ''
  if (typeof value === 'string') return value
  throw new Error(`${place} must be text`)
}

function keyAt(place: string, value: unknown): string {
  const text = textAt(place, value)
  if (text.length >= keyLengthMin) return text
  throw new Error(`${place} must have ${keyLengthMin} characters at least, it has ${text.length}`)
}

const words: Record<string, boolean> = {
  true: true,
  yes: true,
  on: true,
  false: false,
  no: false,
  off: false,
  '': false,
}

function flagAt(place: string, value: unknown): boolean {
  const word = textAt(place, value).toLowerCase()
  if (Object.hasOwn(words, word)) return words[word]!
  throw new Error(`${place} must be true or false, not '${short(word)}'`)
}

/** For values that were found to be one of these words. */
export const isTrue = (value: unknown): boolean => typeof value === 'string' && words[value.toLowerCase()] === true

function countAt(place: string, value: unknown): number {
  const text = textAt(place, value)
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw new Error(`${place} must be a whole number`)
}

/** All that YAML writes for nothing. */
const isBlank = (value: unknown): boolean =>
  value === undefined || value === null || value === '' || value === '~' || value === 'null'

const short = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?').slice(0, 60)
