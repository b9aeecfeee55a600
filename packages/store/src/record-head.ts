import { MessageSysFlag, RecordMagic, recordSize, recordSysFlag } from '@mq/protocol'

/** Up to and with the length of the body, when both hosts have IPv6 addresses. */
export const headBytesMax = 112

const bodyAtMin = 88
/** An IPv6 address has that much more. */
const moreOfV6 = 12
/** Topic and properties, each with its length. */
const restBytesMin = 3
const restBytesMax = 2 * (2 + 0x7fff)

/** Where topic and properties of a record lie, behind its body. */
export interface RecordRest {
  at: number
  size: number
}

/**
 * What the head of a record says of its end, before memory is taken for all of it. Undefined when its size does not fit the length of its
 * body, so that one flipped bit in either is told.
 */
export function recordRest(head: Buffer, at = 0): RecordRest | undefined {
  const sysFlag = recordSysFlag(head, at)
  const more = (flag: number) => ((sysFlag & flag) === 0 ? 0 : moreOfV6)
  const bodyAt = bodyAtMin + more(MessageSysFlag.BORN_HOST_V6) + more(MessageSysFlag.STORE_HOST_V6)
  const bodySize = head.readInt32BE(at + bodyAt - 4)
  const size = recordSize(head, at) - bodyAt - bodySize
  return bodySize >= 0 && size >= restBytesMin && size <= restBytesMax ? { at: bodyAt + bodySize, size } : undefined
}

/** Are these topic and properties, and nothing else? */
export function isRecordRest(rest: Buffer, magic: number): boolean {
  const isV1 = magic === RecordMagic.V1
  const propertiesAt = isV1 ? 1 + rest.readUInt8(0) + 2 : 2 + rest.readUInt16BE(0) + 2
  return propertiesAt <= rest.length && propertiesAt + rest.readUInt16BE(propertiesAt - 2) === rest.length
}
