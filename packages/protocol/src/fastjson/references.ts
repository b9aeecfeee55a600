import { ProtocolError } from '../errors.js'

/** `{"$ref":"$.path"}`: what fastjson writes in the second place where the same instance stands. */
export interface Reference {
  readonly path: string
  /** The object, array or map the reference stands in. */
  readonly holder: object
  put(value: unknown): void
}

/** Values all references together may repeat: more would be a document that is small on the wire and huge to walk. */
const repeatedValuesMax = 1_000_000
const repeatedDepthMax = 128

/** Puts the value each reference names in its place. Throws `ProtocolError` `JSON` for one that leads nowhere or in a circle. */
export function resolveReferences(root: unknown, references: readonly Reference[]): void {
  const budget = { left: repeatedValuesMax }
  for (const { path, holder, put } of references) {
    const target = valueAt(root, path)
    measure(target, holder, budget, 0, path)
    put(target)
  }
}

const segment = /\.((?:\\.|[^.[\]\\])+)|\[(\d+)\]|\[(?:"([^"]*)"|'([^']*)')\]/y

/** Follows `$.a.b[0]`, `$["a"]` and names with escaped characters such as `broker\-a`. */
function valueAt(root: unknown, path: string): unknown {
  let value = path.startsWith('$') ? root : undefined
  let at = 1
  while (at < path.length && value !== undefined) {
    segment.lastIndex = at
    const found = segment.exec(path)
    if (found === null) throw deadEnd(path)
    at = segment.lastIndex
    const name = found[1]?.replaceAll(/\\(.)/g, '$1') ?? found[2] ?? found[3] ?? found[4]!
    value =
      typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined
  }
  if (value === undefined) throw deadEnd(path)
  return value
}

/** Counts the values below `target`, and sees to it that the reference's own place is not among them. */
function measure(target: unknown, holder: object, budget: { left: number }, depth: number, path: string): void {
  if (--budget.left < 0) throw new ProtocolError('JSON', `references repeat more than ${repeatedValuesMax} values`)
  if (typeof target !== 'object' || target === null) return
  if (target === holder || depth > repeatedDepthMax) throw deadEnd(path)
  const children = target instanceof Map ? [...target.keys(), ...target.values()] : Object.values(target)
  for (const child of children) measure(child, holder, budget, depth + 1, path)
}

const deadEnd = (path: string) =>
  new ProtocolError('JSON', `wrong JSON: the reference '${path.slice(0, 60)}' leads nowhere or in a circle`)
