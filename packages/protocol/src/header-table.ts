import type { ExtFields } from './command.js'
import { ProtocolError } from './errors.js'

/**
 * Header schemas are tables: one declaration per request gives field names, types, which are required, both directions
 * of the codec and the TypeScript type.
 *
 *     export const queryConsumerOffset = headerTable('QUERY_CONSUMER_OFFSET', {
 *       consumerGroup: text(), topic: text(), queueId: int(),
 *     })
 *     type Header = HeaderOf<typeof queryConsumerOffset>   // { consumerGroup: string; topic: string; queueId: number }
 */
export interface HeaderTable<T> {
  /** Name used in errors. */
  readonly name: string
  readonly fields: readonly FieldRow[]
  /** Reads the fields. Throws `ProtocolError` `HEADER_FIELD` naming the field that is missing or of the wrong type. */
  decode(extFields: ExtFields | undefined): T
  /** Writes the fields; undefined ones are left out, as Java leaves out null. */
  encode(header: T): ExtFields
}

export type HeaderOf<Table> = Table extends HeaderTable<infer T> ? T : never

export type FieldType = 'text' | 'int' | 'long' | 'bigLong' | 'bool'

export interface FieldRow {
  readonly name: string
  /** The key as it travels. */
  readonly wire: string
  readonly type: FieldType
  readonly required: boolean
}

export interface Field<T> {
  readonly type: FieldType
  readonly wire: string | undefined
  readonly required: boolean
  /** Only for the type checker. */
  readonly value?: T
}

const field = <T>(type: FieldType, wire: string | undefined): Field<T> => ({ type, wire, required: true })

/** A string. `wire`: the key as it travels, when it is not the field's own name. */
export const text = (wire?: string) => field<string>('text', wire)
/** A 32-bit integer. */
export const int = (wire?: string) => field<number>('int', wire)
/** A 64-bit integer that fits a double exactly: offsets, times. Others are refused. */
export const long = (wire?: string) => field<number>('long', wire)
/** A 64-bit integer of any size; the Go client's subscription versions need it. */
export const bigLong = (wire?: string) => field<bigint>('bigLong', wire)
export const bool = (wire?: string) => field<boolean>('bool', wire)
/** May be absent. */
export const optional = <T>(one: Field<T>): Field<T | undefined> =>
  ({ ...one, required: false }) as Field<T | undefined>

type HeaderFrom<Fields extends Record<string, Field<unknown>>> = {
  [K in keyof Fields as undefined extends ValueOf<Fields[K]> ? never : K]: ValueOf<Fields[K]>
} & {
  [K in keyof Fields as undefined extends ValueOf<Fields[K]> ? K : never]?: ValueOf<Fields[K]>
}
type ValueOf<F> = F extends Field<infer T> ? T : never

export function headerTable<Fields extends Record<string, Field<any>>>(
  name: string,
  fields: Fields,
): HeaderTable<HeaderFrom<Fields>> {
  const rows: FieldRow[] = Object.entries(fields).map(([key, one]) => ({
    name: key,
    wire: one.wire ?? key,
    type: one.type,
    required: one.required,
  }))
  return {
    name,
    fields: rows,
    decode: (extFields) => decodeFields(name, rows, extFields) as HeaderFrom<Fields>,
    encode: (header) => encodeFields(rows, header as Record<string, unknown>),
  }
}

/** The same table under another name: several requests share their fields, and an error is to name the right one. */
export const renamed = <T>(table: HeaderTable<T>, name: string): HeaderTable<T> => ({
  ...table,
  name,
  decode: (extFields) => decodeFields(name, table.fields, extFields) as T,
})

const none: ExtFields = Object.freeze({})

function decodeFields(name: string, rows: readonly FieldRow[], extFields: ExtFields = none): Record<string, unknown> {
  const header: Record<string, unknown> = {}
  for (const row of rows) {
    const raw = extFields[row.wire]
    if (raw === undefined) {
      if (row.required) throw missing(name, row)
      header[row.name] = undefined
    } else {
      header[row.name] = row.type === 'text' ? raw : parseField(name, row, raw)
    }
  }
  return header
}

function parseField(name: string, row: FieldRow, raw: string): unknown {
  if (row.type === 'bool') return parseBool(name, row, raw)
  if (row.type === 'bigLong') return parseBigLong(name, row, raw)
  // Number() also takes '', ' 1', '1e3' and '0x10': only plain decimal digits are an integer on this wire.
  const value = isDecimal(raw) ? Number(raw) : Number.NaN
  if (row.type === 'int' ? value !== (value | 0) : !Number.isSafeInteger(value)) throw mistyped(name, row, raw)
  return value
}

function parseBool(name: string, row: FieldRow, raw: string): boolean {
  // The C++ client writes 1 and 0.
  if (raw === 'true' || raw === '1') return true
  if (raw === 'false' || raw === '0') return false
  const lower = raw.length === 4 || raw.length === 5 ? raw.toLowerCase() : ''
  if (lower === 'true' || lower === 'false') return lower === 'true'
  throw mistyped(name, row, raw)
}

function parseBigLong(name: string, row: FieldRow, raw: string): bigint {
  if (!isDecimal(raw)) throw mistyped(name, row, raw)
  const value = BigInt(raw)
  if (BigInt.asIntN(64, value) !== value) throw mistyped(name, row, raw)
  return value
}

function isDecimal(raw: string): boolean {
  const length = raw.length
  const first = raw.charCodeAt(0) === 45 /* - */ ? 1 : 0
  if (length === first || length > first + 19) return false
  for (let i = first; i < length; i++) {
    const c = raw.charCodeAt(i)
    if (c < 48 || c > 57) return false
  }
  return true
}

function encodeFields(rows: readonly FieldRow[], header: Record<string, unknown>): ExtFields {
  const extFields: ExtFields = {}
  for (const row of rows) {
    const value = header[row.name]
    if (value !== undefined) extFields[row.wire] = String(value)
  }
  return extFields
}

const typeWords: Record<FieldType, string> = {
  text: 'text',
  int: 'a 32-bit integer',
  long: 'a 64-bit integer below 2^53',
  bigLong: 'a 64-bit integer',
  bool: 'true or false',
}

const label = (row: FieldRow) => (row.wire === row.name ? `'${row.name}'` : `'${row.wire}' (${row.name})`)

const missing = (name: string, row: FieldRow) =>
  new ProtocolError('HEADER_FIELD', `${name}: header field ${label(row)} is missing; it must be ${typeWords[row.type]}`)

const mistyped = (name: string, row: FieldRow, raw: string) =>
  new ProtocolError(
    'HEADER_FIELD',
    `${name}: header field ${label(row)} must be ${typeWords[row.type]}, not '${raw.length > 40 ? `${raw.slice(0, 40)}…` : raw}'`,
  )
