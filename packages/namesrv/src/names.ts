import { ResponseCode } from '@mq/protocol'
import { ResponseError } from '@mq/remoting'

const nameLengthMax = 255
/** What would break a log line, a path or the way clients take route texts apart. */
const forbidden = /[\u0000-\u0020\u007f-\u00a0\u2028\u2029"/\\]/

/**
 * What is wrong with the name of a topic, broker or cluster, as a sentence; undefined when nothing is. Wider than the rule
 * for topics: brokers make topics of their own and their cluster's name, and those are often host names.
 */
export function checkRouteName(kind: string, name: string): string | undefined {
  if (name === '') return `the ${kind} is empty`
  if (name.length > nameLengthMax) return `the ${kind} has ${name.length} characters, the most is ${nameLengthMax}`
  if (forbidden.test(name)) return `the ${kind} ${shown(name)} has blanks, control characters, quotes or slashes`
  return undefined
}

/** `host:port` as brokers write it: IPv6 with brackets or without. The Go client takes routes apart at commas and colons. */
export function checkBrokerAddress(address: string): string | undefined {
  const [, host, port] = /^([A-Za-z0-9_.:%[\]-]{1,253}):(\d{1,5})$/.exec(address) ?? []
  if (host !== undefined && Number(port) >= 1 && Number(port) <= 65_535) return undefined
  return `the broker address ${shown(address)} is not host:port`
}

/** Throws the first sentence there is as the answer to the request. */
export function refuse(...problems: readonly (string | undefined)[]): void {
  const problem = problems.find((one) => one !== undefined)
  if (problem !== undefined) throw new ResponseError(ResponseCode.SYSTEM_ERROR, problem)
}

/** Fit for an answer or a log line. */
export const shown = (text: string): string => {
  const plain = text.replace(/[^\x20-\x7e]/g, '?')
  return `'${plain.length > 60 ? `${plain.slice(0, 60)}…` : plain}'`
}
