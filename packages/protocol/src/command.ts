import type { Language } from './codes/language.js'
import { ourVersion } from './codes/version.js'

/** How a header is written: JSON text, or RocketMQ's binary form (`SerializeType`). */
export const SerializeType = { JSON: 0, ROCKETMQ: 1 } as const
export type SerializeType = (typeof SerializeType)[keyof typeof SerializeType]

/** Extension fields: a request's or response's own header. All values travel as text. */
export type ExtFields = Record<string, string>

/** One request or response (`RemotingCommand`), decoded from a frame or to be encoded into one. */
export interface RemotingCommand {
  /** Request code, or response code when `flag` says response. */
  code: number
  /** Language of the sender; undefined when it named one we do not know. */
  language: Language | undefined
  /** Version of the sender, see `MQVersion`. */
  version: number
  /** Pairs a response with its request, on one connection and in one direction. 32 bits, signed. */
  opaque: number
  /** Bit 0: this is a response. Bit 1: one-way, no response expected. */
  flag: number
  remark: string | undefined
  extFields: ExtFields | undefined
  /**
   * Undefined when there are no bytes. A slice of what was read from the socket: copy what is to be kept.
   * An encoder also takes pieces, which it sends one after the other without joining them.
   */
  body: Uint8Array | readonly Uint8Array[] | undefined
  /** The form the header came in, or is to be written in. */
  serializeType: SerializeType
}

/** A command as it was read: its body is one piece. */
export interface ReceivedCommand extends RemotingCommand {
  body: Uint8Array | undefined
}

const responseBit = 1
const onewayBit = 2

export const isResponse = (command: { flag: number }): boolean => (command.flag & responseBit) !== 0
export const isOneway = (command: { flag: number }): boolean => (command.flag & onewayBit) !== 0

/** A request to send. `opaque` is given by the connection that sends it. */
export function requestCommand(code: number, extFields?: ExtFields, body?: RemotingCommand['body']): RemotingCommand {
  return {
    code,
    language: 'JAVA',
    version: ourVersion,
    opaque: 0,
    flag: 0,
    remark: undefined,
    extFields,
    body,
    serializeType: SerializeType.JSON,
  }
}

/** What a handler answers; the rest of the response follows from the request. */
export interface Answer {
  code: number
  remark?: string
  extFields?: ExtFields
  body?: RemotingCommand['body']
}

/**
 * The response to a request. The header form mirrors the request's, because the C++ and Node clients read only JSON and
 * a peer that sent the binary form can read it.
 */
export function responseCommand(
  request: { opaque: number; serializeType: SerializeType },
  answer: Answer,
): RemotingCommand {
  return {
    code: answer.code,
    language: 'JAVA',
    version: ourVersion,
    opaque: request.opaque,
    flag: responseBit,
    remark: answer.remark,
    extFields: answer.extFields,
    body: answer.body,
    serializeType: request.serializeType,
  }
}

export const markOneway = (command: RemotingCommand): RemotingCommand => {
  command.flag |= onewayBit
  return command
}
