import { closest, distance } from 'fastest-levenshtein'
import { safeParse, type GenericSchema } from 'valibot'
import { formatProperties } from './properties.js'

/** One configuration key: RocketMQ's name for it is the key of the row. */
export interface ConfigRow<T = unknown> {
  /** From text to the value; see `configValue`. */
  readonly schema: GenericSchema<string, T>
  /** RocketMQ's default; undefined where it depends on the machine. */
  readonly default: T | undefined
  /** One line: what it does, its unit. */
  readonly doc: string
  /** `planned`: not there yet. `java-only`: tunes what exists only in Java (thread pools, page warming). */
  readonly status: 'implemented' | 'planned' | 'java-only'
  /** Among those `mqbroker -m` prints. */
  readonly important?: boolean
  /** May be changed while running, by requests 25 and 318. Never set it for a path, an address or a command. */
  readonly changeable?: boolean
}

export type ConfigRows = Readonly<Record<string, ConfigRow<any>>>

/** The values: those of rows without a default may be undefined. */
export type ConfigOf<Rows extends ConfigRows> = {
  -readonly [K in keyof Rows]: ValueOf<Rows[K]> | (undefined extends Rows[K]['default'] ? undefined : never)
}
type ValueOf<Row extends ConfigRow<any>> = Row['schema'] extends GenericSchema<string, infer T> ? T : never

export type ConfigProblemKind = 'value' | 'unknown' | 'planned' | 'java-only' | 'not-changeable'

/** What is to be said of one entry, as a sentence. Only `value` makes the configuration unusable. */
export interface ConfigProblem {
  readonly kind: ConfigProblemKind
  readonly key: string
  readonly message: string
}

export interface ConfigTable<Rows extends ConfigRows> {
  readonly name: string
  readonly rows: Rows
  defaults(): ConfigOf<Rows>
  /** Defaults overlaid with the entries. An entry with a problem of kind `value` or `unknown` leaves no trace in `config`. */
  read(entries: Iterable<readonly [string, string]>): { config: ConfigOf<Rows>; problems: ConfigProblem[] }
  /** The entries over a running configuration: all of them, or none when there are problems. Does not alter `config`. */
  change(
    config: ConfigOf<Rows>,
    entries: Iterable<readonly [string, string]>,
  ): { config: ConfigOf<Rows>; problems: ConfigProblem[] }
  /** `key=value` lines in the order of the rows; undefined values are left out. */
  print(config: ConfigOf<Rows>, options?: { importantOnly?: boolean }): string
}

/**
 * A table of configuration keys: defaults, reading, checking, printing and documentation come from the same rows.
 *
 *     export const namesrvConfigTable = configTable('name server', {
 *       listenPort: { schema: configValue.port(), default: 9876, doc: 'Port to listen on.', status: 'implemented' },
 *     })
 *     const { config, problems } = namesrvConfigTable.read(parseProperties(text))
 *
 * Tables for one file are joined by their rows: `configTable('broker', { ...brokerRows, ...storeConfigTable.rows })`.
 */
export function configTable<const Rows extends ConfigRows>(name: string, rows: Rows): ConfigTable<Rows> {
  type Config = ConfigOf<Rows>
  const keys = Object.keys(rows)
  const defaults = () => Object.fromEntries(keys.map((key) => [key, rows[key]!.default])) as Config
  const apply = (config: Record<string, unknown>, entries: Iterable<readonly [string, string]>) => {
    const problems: ConfigProblem[] = []
    for (const [key, text] of entries) {
      const row = Object.hasOwn(rows, key) ? rows[key] : undefined
      if (row === undefined) problems.push(unknownKey(name, key, keys))
      else problems.push(...applyEntry(config, key, row, text))
    }
    return problems
  }
  return {
    name,
    rows,
    defaults,
    read(entries) {
      const config = defaults()
      return { config, problems: apply(config as Record<string, unknown>, entries) }
    },
    change(config, entries) {
      const changed = { ...config }
      const given = [...entries]
      const problems = apply(changed as Record<string, unknown>, given)
      for (const [key] of given) {
        if (Object.hasOwn(rows, key) && rows[key]!.changeable !== true) problems.push(notChangeable(name, key))
      }
      return { config: problems.length === 0 ? changed : config, problems }
    },
    print(config, { importantOnly = false } = {}) {
      const shown = keys.filter((key) => config[key] !== undefined && (!importantOnly || rows[key]!.important === true))
      return formatProperties(shown.map((key) => [key, String(config[key])] as const))
    },
  }
}

function applyEntry(config: Record<string, unknown>, key: string, row: ConfigRow, text: string): ConfigProblem[] {
  const parsed = safeParse(row.schema, text.trim())
  if (!parsed.success)
    return [{ kind: 'value', key, message: `${key} must be ${parsed.issues[0].message}, not '${shorten(text)}'` }]
  config[key] = parsed.output
  if (row.status === 'implemented') return []
  const message =
    row.status === 'planned'
      ? `${key} is not implemented yet: the value is read and has no effect`
      : `${key} has no effect here: it tunes what only the Java server has`
  return [{ kind: row.status, key, message }]
}

function unknownKey(name: string, key: string, keys: string[]): ConfigProblem {
  const near = nearestKey(key, keys)
  const hint = near === undefined ? '' : `; did you mean ${near}?`
  return { kind: 'unknown', key, message: `${shorten(key)} is not a key of the ${name} configuration${hint}` }
}

/** Long enough for any key there is; the search below takes time by the product of lengths. */
const keyLengthMax = 64

/** The key most like the one given, when they differ by at most a third of its letters. */
function nearestKey(key: string, keys: string[]): string | undefined {
  if (key.length > keyLengthMax || keys.length === 0) return undefined
  const byLower = new Map(keys.map((one) => [one.toLowerCase(), one]))
  const lower = key.toLowerCase()
  const near = closest(lower, [...byLower.keys()])
  return distance(lower, near) <= Math.max(1, Math.floor(key.length / 3)) ? byLower.get(near) : undefined
}

const notChangeable = (name: string, key: string): ConfigProblem => ({
  kind: 'not-changeable',
  key,
  message: `${key} cannot be changed while the ${name} runs: set it in the configuration file and restart`,
})

const shorten = (text: string): string => {
  const plain = text.replace(/[^\x20-\x7e]/g, '?')
  return plain.length > 60 ? `${plain.slice(0, 60)}…` : plain
}
