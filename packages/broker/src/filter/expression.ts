/** A number as written. Java's type decides how the text of a property is read when it is compared with it. */
export type NumberLiteral =
  | { readonly type: 'integer'; readonly value: number }
  | { readonly type: 'long'; readonly value: bigint }
  | { readonly type: 'double'; readonly value: number }

export type OrderOperator = '>' | '>=' | '<' | '<='
export type SearchOperator = 'CONTAINS' | 'STARTSWITH' | 'ENDSWITH'

/** What an SQL92 expression is made of. `at` is the index of its first character. */
export type Operand =
  | { readonly kind: 'property'; readonly at: number; readonly name: string }
  | { readonly kind: 'text'; readonly at: number; readonly value: string }
  /** `negated`: no literal to Apache, which looks at literals more closely. */
  | { readonly kind: 'number'; readonly at: number; readonly number: NumberLiteral; readonly negated: boolean }
  /** A minus before anything but a number: null for every message. */
  | { readonly kind: 'nothing'; readonly at: number }
  | Condition

export type Condition = { readonly at: number } & (
  | { readonly kind: 'constant'; readonly value: boolean | undefined }
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Condition[] }
  | { readonly kind: 'not'; readonly of: Condition }
  /** A property alone: null when it is not there, and else false, as it is a text and no boolean. */
  | { readonly kind: 'alone'; readonly property: Operand }
  | { readonly kind: 'equal'; readonly left: Operand; readonly right: Operand }
  | { readonly kind: 'order'; readonly operator: OrderOperator; readonly left: Operand; readonly right: Operand }
  | { readonly kind: 'isNull'; readonly of: Operand }
  | { readonly kind: 'in'; readonly property: Operand; readonly values: readonly string[]; readonly not: boolean }
  | {
      readonly kind: 'search'
      readonly operator: SearchOperator
      readonly of: Operand
      readonly wanted: string
      readonly not: boolean
    }
)

const operandKinds: readonly string[] = ['property', 'text', 'number', 'nothing']

export const isCondition = (operand: Operand): operand is Condition => !operandKinds.includes(operand.kind)
