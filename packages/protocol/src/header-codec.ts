import { languageNames, type Language } from './codes/language.js'
import { SerializeType, type ExtFields, type ReceivedCommand, type RemotingCommand } from './command.js'
import { ProtocolError } from './errors.js'

/** The JSON header as `RemotingSerializable` writes it: members in alphabetical order, null ones left out. */
export function encodeJsonHeader(command: RemotingCommand): string {
  const { extFields, remark } = command
  const ext = extFields === undefined ? '' : `"extFields":${JSON.stringify(extFields)},`
  const language = command.language ?? 'OTHER'
  const note = remark === undefined ? '' : `"remark":${JSON.stringify(remark)},`
  return `{"code":${command.code},${ext}"flag":${command.flag},"language":"${language}","opaque":${command.opaque},${note}"serializeTypeCurrentRPC":"JSON","version":${command.version}}`
}

export function decodeJsonHeader(bytes: Buffer, start: number, end: number): ReceivedCommand {
  let header: unknown
  try {
    header = JSON.parse(bytes.toString('utf8', start, end))
  } catch (cause) {
    throw badHeader('is not JSON', cause)
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header)) throw badHeader('is not a JSON object')
  const { code, language, version, opaque, flag, remark, extFields } = header as Record<string, unknown>
  return {
    code: headerInt('code', code),
    language: readLanguage(language),
    version: headerInt('version', version ?? 0),
    opaque: headerInt('opaque', opaque ?? 0),
    flag: headerInt('flag', flag ?? 0),
    remark: typeof remark === 'string' ? remark : undefined,
    extFields: readExtFields(extFields),
    body: undefined,
    serializeType: SerializeType.JSON,
  }
}

/** fastjson writes the name of the language and also reads its index; a missing one is Java. */
function readLanguage(language: unknown): Language | undefined {
  if (language === undefined) return 'JAVA'
  if (typeof language === 'number') return languageNames[language]
  return languageNames.includes(language as Language) ? (language as Language) : undefined
}

/** Values are text on this wire, but ali-ons sends raw numbers and booleans, which Java takes: so do we. */
function readExtFields(fields: unknown): ExtFields | undefined {
  if (fields === undefined || fields === null) return undefined
  if (typeof fields !== 'object' || Array.isArray(fields)) throw badHeader("'extFields' is not an object")
  for (const key in fields) {
    const value = (fields as Record<string, unknown>)[key]
    if (typeof value !== 'string') normalise(fields as Record<string, unknown>, key, value)
  }
  return fields as ExtFields
}

function normalise(fields: Record<string, unknown>, key: string, value: unknown): void {
  if (value === null) delete fields[key]
  else fields[key] = typeof value === 'object' ? jsonText(value) : String(value)
}

/** JSON.parse takes any depth, JSON.stringify does not. */
function jsonText(value: unknown): string {
  try {
    return JSON.stringify(value)
  } catch (cause) {
    throw badHeader('has an extension field nested too deeply', cause)
  }
}

function headerInt(name: string, value: unknown): number {
  const number = typeof value === 'string' ? Number(value) : value
  if (typeof number !== 'number' || number !== (number | 0)) throw badHeader(`'${name}' is not a 32-bit integer`)
  return number
}

/*
 * The binary header (`RocketMQSerializable`):
 *   i16 code | i8 language | i16 version | i32 opaque | i32 flag | i32 n, remark | i32 n, { i16 n, key | i32 n, value }*
 */
const fixedSize = 21

export function encodeBinaryHeader(command: RemotingCommand): Buffer {
  const remark = Buffer.from(command.remark ?? '', 'utf8')
  const fields = Object.entries(command.extFields ?? {}).map(
    ([key, value]) => [Buffer.from(key, 'utf8'), Buffer.from(value, 'utf8')] as const,
  )
  const fieldsSize = fields.reduce((sum, [key, value]) => sum + 6 + key.length + value.length, 0)
  const bytes = Buffer.allocUnsafe(fixedSize + remark.length + fieldsSize)
  let at = bytes.writeInt16BE(command.code, 0)
  at = bytes.writeInt8(Math.max(0, languageNames.indexOf(command.language ?? 'OTHER')), at)
  at = bytes.writeInt16BE(command.version, at)
  at = bytes.writeInt32BE(command.opaque, at)
  at = bytes.writeInt32BE(command.flag, at)
  at = bytes.writeInt32BE(remark.length, at)
  at += remark.copy(bytes, at)
  at = bytes.writeInt32BE(fieldsSize, at)
  for (const [key, value] of fields) {
    at = bytes.writeInt16BE(key.length, at)
    at += key.copy(bytes, at)
    at = bytes.writeInt32BE(value.length, at)
    at += value.copy(bytes, at)
  }
  return bytes
}

export function decodeBinaryHeader(bytes: Buffer, start: number, end: number): ReceivedCommand {
  if (end - start < fixedSize) throw badHeader(`has ${end - start} bytes, a binary one has at least ${fixedSize}`)
  const remarkAt = start + 17
  const remarkEnd = remarkAt + sized(bytes.readInt32BE(start + 13), remarkAt, end - 4)
  const fieldsAt = remarkEnd + 4
  const fieldsEnd = fieldsAt + sized(bytes.readInt32BE(remarkEnd), fieldsAt, end)
  return {
    code: bytes.readInt16BE(start),
    language: languageNames[bytes.readUInt8(start + 2)],
    version: bytes.readInt16BE(start + 3),
    opaque: bytes.readInt32BE(start + 5),
    flag: bytes.readInt32BE(start + 9),
    remark: remarkEnd === remarkAt ? undefined : bytes.toString('utf8', remarkAt, remarkEnd),
    extFields: fieldsEnd === fieldsAt ? undefined : decodeBinaryFields(bytes, fieldsAt, fieldsEnd),
    body: undefined,
    serializeType: SerializeType.ROCKETMQ,
  }
}

function decodeBinaryFields(bytes: Buffer, start: number, end: number): ExtFields {
  const fields: ExtFields = {}
  let at = start
  while (at < end) {
    if (end - at < 2) throw badHeader('ends inside an extension field')
    const keyAt = at + 2
    const keyEnd = keyAt + sized(bytes.readInt16BE(at), keyAt, end - 4)
    const valueAt = keyEnd + 4
    const valueEnd = valueAt + sized(bytes.readInt32BE(keyEnd), valueAt, end)
    // Defined, not assigned: a key of '__proto__' stays a key.
    Object.defineProperty(fields, bytes.toString('utf8', keyAt, keyEnd), {
      value: bytes.toString('utf8', valueAt, valueEnd),
      enumerable: true,
      configurable: true,
      writable: true,
    })
    at = valueEnd
  }
  return fields
}

/** A length found in the bytes, when what it announces ends by `end`. */
function sized(length: number, at: number, end: number): number {
  if (length < 0 || at + length > end)
    throw badHeader(`announces ${length} bytes where ${Math.max(0, end - at)} are left`)
  return length
}

const badHeader = (problem: string, cause?: unknown) =>
  new ProtocolError('FRAME_HEADER', `the frame's header ${problem}`, cause === undefined ? undefined : { cause })
