import { UsageError } from './errors.js'

/** One option of a command: how it is written, what it means, and how its text becomes a value. */
export interface OptionRow<Value> {
  /** `-t, --topic <topic>`; without `<…>` it is a switch. */
  readonly flags: string
  readonly help: string
  readonly required: boolean
  /** Shown in the help. */
  readonly defaultText?: string
  /** Gets undefined when the option was not given. Throws `UsageError`. */
  readonly read: (text: string | undefined) => Value
}

export type OptionRows = Readonly<Record<string, OptionRow<unknown>>>
export type ValuesOf<Rows extends OptionRows> = { [Name in keyof Rows]: ReturnType<Rows[Name]['read']> }

export const text = (flags: string, help: string): OptionRow<string | undefined> => ({
  flags,
  help,
  required: false,
  read: (given) => given,
})

/** `a,b`: at least one, blanks around them left out. */
export const commaList = (flags: string, help: string): OptionRow<string[] | undefined> => ({
  flags,
  help,
  required: false,
  read: (given) => {
    const items = given?.split(',').flatMap((item) => item.trim() || [])
    if (items?.length === 0) throw wrong(flags, given!, 'values separated by commas')
    return items
  },
})

/** A switch: there or not. */
export const flag = (flags: string, help: string): OptionRow<boolean> => ({
  flags,
  help,
  required: false,
  read: (given) => given !== undefined,
})

/** `-o true`: RocketMQ's tools take the value as a word. */
export const trueOrFalse = (flags: string, help: string): OptionRow<boolean | undefined> => ({
  flags,
  help,
  required: false,
  read: (given) => {
    if (given === undefined || given === 'true') return given && true
    if (given === 'false') return false
    throw wrong(flags, given, 'true or false')
  },
})

export interface IntegerRange {
  min?: number
  max?: number
}

export const integer = (flags: string, help: string, range: IntegerRange = {}): OptionRow<number | undefined> => ({
  flags,
  help,
  required: false,
  read: (given) => (given === undefined ? undefined : readInteger(flags, given, range)),
})

export const required = <Value>(row: OptionRow<Value | undefined>): OptionRow<Value> => ({
  ...row,
  required: true,
  read: (given) => {
    const value = row.read(given)
    if (value === undefined) throw new UsageError(`option '${row.flags}' is missing`)
    return value
  },
})

export const withDefault = <Value>(row: OptionRow<Value | undefined>, value: Value): OptionRow<Value> => ({
  ...row,
  defaultText: String(value),
  read: (given) => row.read(given) ?? value,
})

function readInteger(flags: string, given: string, { min = 0, max = Number.MAX_SAFE_INTEGER }: IntegerRange): number {
  const value = /^-?\d+$/.test(given.trim()) ? Number(given) : Number.NaN
  if (value >= min && value <= max) return value
  const upTo =
    max === Number.MAX_SAFE_INTEGER ? `a whole number from ${min} on` : `a whole number from ${min} to ${max}`
  throw wrong(flags, given, upTo)
}

const wrong = (flags: string, given: string, expected: string) =>
  new UsageError(`option '${flags}' takes ${expected}, not '${given.slice(0, 60)}'`)
