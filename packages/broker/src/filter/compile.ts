import type { PropertySlices } from '@mq/protocol'
import type { Condition, Operand, OrderOperator, SearchOperator } from './expression.js'
import { isCondition } from './expression.js'
import { ExpressionError } from './expression-error.js'
import { compare, equals, failed, type Truth, type Value } from './java-values.js'

/** Properties an expression may name: each is looked for in every message. */
export const namedPropertiesMax = 64

export type Evaluate<T> = (properties: PropertySlices) => T

export interface Compiled {
  /** Slots of the `PropertySlices` to evaluate with. */
  readonly names: readonly string[]
  readonly evaluate: Evaluate<Truth>
}

/** Makes closures of an expression. Throws `ExpressionError` `LIMIT` when it names too many properties. */
export function compile(condition: Condition): Compiled {
  const compiler = new Compiler()
  const evaluate = compiler.condition(condition)
  return { names: [...compiler.slots.keys()], evaluate }
}

class Compiler {
  readonly slots = new Map<string, number>()

  condition(condition: Condition): Evaluate<Truth> {
    switch (condition.kind) {
      case 'constant':
        return () => condition.value
      case 'and':
        return allOf(condition.parts.map((part) => this.condition(part)))
      case 'or':
        return anyOf(condition.parts.map((part) => this.condition(part)))
      case 'not':
        return not(this.condition(condition.of))
      case 'alone':
        return valueOrNull(this.#operand(condition.property), () => false)
      case 'equal':
        return equal(this.#operand(condition.left), this.#operand(condition.right))
      case 'order':
        return ordered(condition.operator, this.#operand(condition.left), this.#operand(condition.right))
      case 'isNull':
        return equal(this.#operand(condition.of), () => undefined)
      case 'in':
        return oneOf(this.#operand(condition.property), new Set(condition.values), condition.not)
      case 'search':
        return search(condition.operator, this.#operand(condition.of), condition.wanted, condition.not)
    }
  }

  #operand(operand: Operand): Evaluate<Value> {
    if (isCondition(operand)) return this.condition(operand)
    if (operand.kind === 'property') return this.#property(operand)
    if (operand.kind === 'text') return () => operand.value
    if (operand.kind === 'number') return () => operand.number
    return () => undefined
  }

  #property({ name, at }: { name: string; at: number }): Evaluate<Value> {
    let slot = this.slots.get(name)
    if (slot === undefined) this.slots.set(name, (slot = this.slots.size))
    if (slot >= namedPropertiesMax) {
      throw new ExpressionError('LIMIT', at + 1, `it names more than ${namedPropertiesMax} properties`)
    }
    const found = slot
    return (properties) => properties.text(found)
  }
}

/** AND: false wins over unknown; what stands behind a false or a failure is not looked at. */
const allOf =
  (parts: readonly Evaluate<Truth>[]): Evaluate<Truth> =>
  (properties) => {
    let result: Truth = true
    for (const part of parts) {
      const truth = part(properties)
      if (truth === false || truth === failed) return truth
      if (truth === undefined) result = undefined
    }
    return result
  }

/** OR: true wins over unknown. */
const anyOf =
  (parts: readonly Evaluate<Truth>[]): Evaluate<Truth> =>
  (properties) => {
    let result: Truth = false
    for (const part of parts) {
      const truth = part(properties)
      if (truth === true || truth === failed) return truth
      if (truth === undefined) result = undefined
    }
    return result
  }

const not =
  (of: Evaluate<Truth>): Evaluate<Truth> =>
  (properties) => {
    const truth = of(properties)
    return typeof truth === 'boolean' ? !truth : truth
  }

const equal =
  (left: Evaluate<Value>, right: Evaluate<Value>): Evaluate<Truth> =>
  (properties) => {
    const leftValue = left(properties)
    if (leftValue === failed) return failed
    const rightValue = right(properties)
    return rightValue === failed ? failed : equals(leftValue, rightValue)
  }

const holds: Record<OrderOperator, (order: number) => boolean> = {
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
}

function ordered(operator: OrderOperator, left: Evaluate<Value>, right: Evaluate<Value>): Evaluate<Truth> {
  const test = holds[operator]
  return (properties) => {
    const leftValue = left(properties)
    if (leftValue === undefined) return undefined
    const rightValue = right(properties)
    if (rightValue === undefined) return undefined
    const order = compare(leftValue, rightValue)
    return order === failed ? failed : test(order)
  }
}

const valueOrNull =
  (operand: Evaluate<Value>, then: (value: Value) => boolean): Evaluate<Truth> =>
  (properties) => {
    const value = operand(properties)
    return value === undefined ? undefined : then(value)
  }

const oneOf = (property: Evaluate<Value>, values: ReadonlySet<Value>, not: boolean): Evaluate<Truth> =>
  valueOrNull(property, (value) => values.has(value) !== not)

const searches: Record<SearchOperator, (text: string, wanted: string) => boolean> = {
  CONTAINS: (text, wanted) => text.includes(wanted),
  STARTSWITH: (text, wanted) => text.startsWith(wanted),
  ENDSWITH: (text, wanted) => text.endsWith(wanted),
}

/** Of 5.x: false, and never unknown, for what is no text and for an empty search, negated or not. */
function search(operator: SearchOperator, of: Evaluate<Value>, wanted: string, not: boolean): Evaluate<Truth> {
  if (wanted === '') return () => false
  const finds = searches[operator]
  return (properties) => {
    const value = of(properties)
    if (value === failed) return failed
    return typeof value === 'string' && finds(value, wanted) !== not
  }
}
