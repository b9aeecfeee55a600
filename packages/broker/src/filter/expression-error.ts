/** `SYNTAX`: it cannot be read; `TYPE`: it compares what cannot be compared; `LIMIT`: it is larger than a filter may be. */
export type ExpressionErrorCode = 'SYNTAX' | 'TYPE' | 'LIMIT'

/** What is wrong with an SQL92 expression, and where. The message is a sentence for the client that sent it. */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError'
  constructor(
    readonly code: ExpressionErrorCode,
    /** Character of the expression, counted from 1. */
    readonly position: number,
    problem: string,
  ) {
    super(`SQL92 expression, character ${position}: ${problem}`)
  }
}
