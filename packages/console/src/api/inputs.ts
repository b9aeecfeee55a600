import { checkTopicName } from '@mq/protocol'
import * as v from 'valibot'
import { badRequest } from '../console-error.js'

/** `input` as the schema has it. Throws `BAD_REQUEST` with all that is wrong. */
export function checked<Schema extends v.GenericSchema>(schema: Schema, input: unknown): v.InferOutput<Schema> {
  const result = v.safeParse(schema, input, { abortPipeEarly: true })
  if (result.success) return result.output
  const problems = result.issues.slice(0, 5).map((issue) => {
    const place = v.getDotPath(issue)
    return place ? `'${place}': ${issue.message}` : issue.message
  })
  throw badRequest(`wrong input: ${problems.join('; ')}`, 'Correct the input and try again.')
}

/** A query's parameters as an object; those given twice count with their last value. */
export const queryObject = (query: URLSearchParams): Record<string, string> => Object.fromEntries(query)

/** A topic name that brokers take. */
export const topicName = v.pipe(
  v.string(),
  v.check(
    (name) => checkTopicName(name) === undefined,
    (issue) => checkTopicName(issue.input) ?? '',
  ),
)

export const wholeNumber = (min: number, max: number) =>
  v.pipe(
    v.number(`must be a number from ${min} to ${max}`),
    v.check(
      (value) => Number.isSafeInteger(value) && value >= min && value <= max,
      `must be a whole number from ${min} to ${max}`,
    ),
  )

/** The same, as it is written in a query. */
export const wholeNumberText = (min: number, max: number) =>
  v.pipe(
    v.string(),
    v.regex(/^\d{1,16}$/, `must be a whole number from ${min} to ${max}`),
    v.transform(Number),
    wholeNumber(min, max),
  )
