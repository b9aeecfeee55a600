/*
 * Trace records := { type SOH field SOH … field STX }*      SOH = U+0001, STX = U+0002
 *
 * As with header fields, one table says what a record carries, and both directions and the type follow from it.
 */
export const fieldSeparator = '\u0001'
export const recordTerminator = '\u0002'

export interface TraceField<T> {
  read(text: string): T
  write(value: T): string
  /** Only later versions write it; it can only stand at the end. */
  readonly optional: boolean
}

const field = <T>(read: (text: string) => T): TraceField<T> => ({ read, write: String, optional: false })

export const text = field((raw) => raw)
/** Java writes `null` for what is not there, and its reader relies on something standing there. */
export const nullable: TraceField<string | undefined> = {
  ...field((raw) => (raw === 'null' ? undefined : raw)),
  write: (value) => value ?? 'null',
}
/** NaN when it is none: a record that says so is not readable. */
export const number = field(Number)
export const bool = field((raw) => raw === 'true')
export const optional = <T>(one: TraceField<T>) => ({ ...one, optional: true }) as TraceField<T | undefined>

type Fields = Record<string, TraceField<any>>
type ValueOf<F> = F extends TraceField<infer T> ? T : never
export type RecordOf<Type extends string, F extends Fields> = { readonly type: Type } & {
  [K in keyof F as undefined extends ValueOf<F[K]> ? never : K]: ValueOf<F[K]>
} & { [K in keyof F as undefined extends ValueOf<F[K]> ? K : never]?: ValueOf<F[K]> }

export interface TraceTable<Type extends string, F extends Fields> {
  readonly type: Type
  encode(record: RecordOf<Type, F>): string
  /** Undefined for a record that lacks a field, or has text where a number belongs. */
  decode(values: readonly string[]): RecordOf<Type, F> | undefined
}

/** `values` of `decode`, as the text of `encode`, begin with the type. */
export function traceTable<Type extends string, F extends Fields>(type: Type, fields: F): TraceTable<Type, F> {
  const rows = Object.entries(fields)
  const required = rows.filter(([, one]) => !one.optional).length
  return {
    type,
    encode(record) {
      let encoded: string = type
      for (const [name, one] of rows) {
        const value: unknown = record[name as never]
        if (value === undefined && one.optional) break
        encoded += fieldSeparator + one.write(value)
      }
      return encoded + recordTerminator
    },
    decode(values) {
      if (values.length <= required) return undefined
      const record: Record<string, unknown> = { type }
      for (const [i, [name, one]] of rows.entries()) {
        const raw = values[i + 1]
        const value = raw === undefined ? undefined : one.read(raw)
        if (Number.isNaN(value)) return undefined
        record[name] = value
      }
      return record as RecordOf<Type, F>
    },
  }
}
