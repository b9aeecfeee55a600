import { ClientError } from '../errors.js'
import { jsonBody, type Message } from '../producer/message.js'
import type { ReceivedMessage } from '../received-message.js'

/** Values to bodies and back. What `decode` throws becomes the cause of a `MESSAGE_INVALID`. */
export interface Codec<T> {
  encode(value: T): Uint8Array | string
  decode(body: Buffer): T
}

/** What is used of the Standard Schema specification (version 1): zod, valibot, arktype and others have it. */
export interface StandardSchema<T> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => StandardResult<T> | Promise<StandardResult<T>>
  }
}
type StandardResult<T> =
  | { readonly value: T; readonly issues?: undefined }
  | { readonly issues: readonly { readonly message: string; readonly path?: readonly unknown[] }[] }

export interface TypedTopicOptions<T> {
  /** Default: JSON. */
  codec?: Codec<T>
  /** Checks values that are sent and that are received. One that answers with a promise is refused. */
  schema?: StandardSchema<T>
}

/** A topic whose messages hold values of one type. */
export interface TypedTopic<T> {
  readonly name: string
  /** A message with the value as its body, for any way of sending. Throws `MESSAGE_INVALID`. */
  message(value: T, more?: Omit<Message, 'topic' | 'body'>): Message
  /** The value of a message that was received. Throws `MESSAGE_INVALID`. */
  value(message: ReceivedMessage): T
  /** A consumer's handler that is given the value. A message that holds none fails, as if the handler had thrown. */
  handler<Context, Outcome>(
    handle: (value: T, message: ReceivedMessage, context: Context) => Outcome,
  ): (message: ReceivedMessage, context: Context) => Outcome
}

/**
 *     const Orders = topic('Orders', { schema: z.object({ id: z.number() }) })
 *     await producer.send(Orders.message({ id: 1 }, { tags: 'new' }))
 *     await consumer.subscribe(Orders.name, '*', Orders.handler((order) => bill(order.id)))
 */
export function topic<T>(
  name: string,
  { codec = jsonCodec as Codec<T>, schema }: TypedTopicOptions<T> = {},
): TypedTopic<T> {
  const typed: TypedTopic<T> = {
    name,
    message: (value, more = {}) => ({ ...more, topic: name, body: codec.encode(checked(name, schema, value)) }),
    value: (message) => checked(name, schema, decoded(name, codec, message)),
    handler: (handle) => (message, context) => handle(typed.value(message), message, context),
  }
  return typed
}

/** Values as JSON text. */
export const jsonCodec: Codec<unknown> = {
  encode: jsonBody,
  decode: (body) => JSON.parse(body.toString('utf8')) as unknown,
}

function decoded<T>(name: string, codec: Codec<T>, message: ReceivedMessage): T {
  const { body, msgId } = message
  try {
    return codec.decode(body)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw invalid(name, `the body of message ${msgId} of ${name} cannot be decoded: ${why}`, cause)
  }
}

function checked<T>(name: string, schema: StandardSchema<T> | undefined, value: unknown): T {
  if (schema === undefined) return value as T
  const result = schema['~standard'].validate(value)
  if (result instanceof Promise) {
    // Nobody waits for it: what it rejects with must not end the process.
    result.catch(() => {})
    const vendor = schema['~standard'].vendor
    throw new ClientError(
      'OPTION_INVALID',
      `the schema (${vendor}) of topic ${name} checks asynchronously; use one that does not`,
    )
  }
  if (result.issues === undefined) return result.value
  const issues = result.issues
    .slice(0, 5)
    .map(({ message, path }) => (path?.length ? `${pathText(path)}: ` : '') + message)
  throw invalid(name, `a value of topic ${name} does not fit its schema: ${issues.join('; ')}`)
}

/** Parts of a path are keys, or objects that have one. */
const pathText = (path: readonly unknown[]): string =>
  path
    .map((part) => String(typeof part === 'object' && part !== null ? (part as { key?: unknown }).key : part))
    .join('.')

const invalid = (name: string, problem: string, cause?: unknown): ClientError =>
  new ClientError('MESSAGE_INVALID', problem, { topic: name }, { cause })
