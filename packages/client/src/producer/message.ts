import { checkTopicName, encodeProperties, MessageProperty, propertiesBytesMax } from '@mq/protocol'
import { ClientError } from '../errors.js'
import type { Envelope } from './envelope.js'

/** A message to send. */
export interface Message {
  topic: string
  /** Text travels as UTF-8; see `jsonBody` for objects. Must not be empty: Apache 4.x push consumers stop at an empty body. */
  body: Uint8Array | string
  /** What consumers filter by; normally one tag. */
  tags?: string
  /** Keys to find the message by later; without spaces. */
  keys?: string | readonly string[]
  /** The application's own properties. Names that RocketMQ uses are refused. */
  properties?: Readonly<Record<string, string>>
  /** Delivered later: RocketMQ's delay level, 1 (1 s) to 18 (2 h) by default. */
  delayLevel?: number
  /** An application's own 32-bit number. Default 0. */
  flag?: number
  /** Wait until the broker's acknowledgement level is reached. Default true. */
  waitStoreOk?: boolean
}

/** A body that holds a value as JSON. */
export function jsonBody(value: unknown): string {
  const text = JSON.stringify(value)
  if (text === undefined) throw invalid(`a value of type ${typeof value} cannot be written as JSON`)
  return text
}

const invalid = (problem: string, topic?: string) => new ClientError('MESSAGE_INVALID', problem, { topic })

/** Throws `MESSAGE_INVALID` for a topic that no broker takes. */
export function checkTopic(topic: unknown): void {
  if (typeof topic !== 'string') throw invalid(`the message's topic must be text, not ${typeof topic}`)
  const problem = checkTopicName(topic)
  if (problem !== undefined) throw invalid(problem)
}

/** The body's bytes as they will travel. Throws `MESSAGE_INVALID`. */
export function checkedBodyBytes(message: Message, bytesMax: number): number {
  const { body, topic } = message
  const bytes = typeof body === 'string' ? Buffer.byteLength(body) : body instanceof Uint8Array ? body.length : -1
  if (bytes < 0)
    throw invalid(`the body of a message to ${topic} must be text or bytes; wrap other values in jsonBody()`, topic)
  if (bytes === 0)
    throw invalid(`the body of a message to ${topic} is empty; Apache 4.x push consumers stop at such a message`, topic)
  if (bytes > bytesMax) {
    throw invalid(
      `the body of a message to ${topic} has ${bytes} bytes, more than the ${bytesMax} of maxMessageBytes; send less, or a reference to it`,
      topic,
    )
  }
  return bytes
}

const separators = /[\u0001\u0002]/
const reserved = new Set<string>(Object.values(MessageProperty))

/** True when there is nothing but topic and body: such messages need no checks and share their properties' form. */
export const isPlain = (message: Message): boolean =>
  message.tags === undefined &&
  message.keys === undefined &&
  message.properties === undefined &&
  message.delayLevel === undefined &&
  message.flag === undefined &&
  message.waitStoreOk !== false

/** Throws `MESSAGE_INVALID` for properties that would not arrive as they are given. */
export function checkProperties(message: Message, envelope?: Envelope): void {
  const { topic, delayLevel, flag, properties, tags } = message
  if (delayLevel !== undefined && !(Number.isInteger(delayLevel) && delayLevel >= 0))
    throw invalid(`delayLevel must be an integer from 0, not ${String(delayLevel)}`, topic)
  if (flag !== undefined && flag !== (flag | 0))
    throw invalid(`flag must be a 32-bit integer, not ${String(flag)}`, topic)
  if (tags !== undefined) checkValue('tags', tags, topic)
  for (const key of keysOf(message)) checkKey(key, topic)
  for (const name in properties) checkProperty(name, properties[name], topic)
  const bytes = Buffer.byteLength(propertiesText(message, uniqueKeyOfAnyLength, envelope))
  if (bytes > propertiesBytesMax)
    throw invalid(
      `the properties of a message to ${topic} take ${bytes} bytes, at most ${propertiesBytesMax} fit`,
      topic,
    )
}

/** As long as that of an IPv6 machine. */
const uniqueKeyOfAnyLength = '0'.repeat(56)

export const keysOf = ({ keys }: Message): readonly string[] =>
  keys === undefined ? [] : typeof keys === 'string' ? [keys] : keys

function checkKey(key: unknown, topic: string): void {
  checkValue('keys', key, topic)
}

function checkProperty(name: string, value: unknown, topic: string): void {
  if (reserved.has(name)) throw invalid(`property name '${name}' is RocketMQ's own; choose another`, topic)
  if (name === '' || separators.test(name))
    throw invalid(`property name ${JSON.stringify(name)} is empty or holds a separator`, topic)
  checkValue(`property '${name}'`, value, topic)
}

/** An empty value does not arrive at all, one with a separator arrives as something else. */
function checkValue(what: string, value: unknown, topic: string): void {
  if (typeof value !== 'string') throw invalid(`${what} must be text, not ${typeof value}`, topic)
  if (value === '') throw invalid(`${what} is empty; leave it out`, topic)
  if (separators.test(value)) throw invalid(`${what} holds one of RocketMQ's separators, U+0001 or U+0002`, topic)
}

/** Properties as they travel: `name SOH value STX …`, the order of the Java client's fields. */
export function propertiesText(message: Message, uniqueKey: string, envelope?: Envelope): string {
  let text = ''
  if (envelope !== undefined) text += encodeProperties(envelope.properties)
  for (const name in message.properties) text += `${name}\u0001${message.properties[name]}\u0002`
  if (message.keys !== undefined && message.keys.length > 0)
    text += `${MessageProperty.KEYS}\u0001${keysOf(message).join(' ')}\u0002`
  text += `UNIQ_KEY\u0001${uniqueKey}\u0002WAIT\u0001${message.waitStoreOk !== false}\u0002`
  if (message.tags !== undefined) text += `${MessageProperty.TAGS}\u0001${message.tags}\u0002`
  if (message.delayLevel) text += `${MessageProperty.DELAY}\u0001${message.delayLevel}\u0002`
  return text
}
