import { listOf } from './collections.js'
import { decoder, encoder, optional, shape, type ShapeOf } from './shape.js'
import { flag, text } from './values.js'

const plainAccessConfigShape = shape({
  accessKey: text,
  secretKey: optional(text),
  whiteRemoteAddress: optional(text),
  admin: optional(flag),
  defaultTopicPerm: optional(text),
  defaultGroupPerm: optional(text),
  /** `topic=PUB|SUB` each. */
  topicPerms: optional(listOf(text)),
  /** `group=SUB` each. */
  groupPerms: optional(listOf(text)),
})
/** One account (`PlainAccessConfig`, 4.7.1). */
export type PlainAccessConfig = ShapeOf<typeof plainAccessConfigShape>

const aclConfigShape = shape({
  globalWhiteAddrs: listOf(text),
  plainAccessConfigs: listOf(plainAccessConfigShape),
})
/** GET_BROKER_CLUSTER_ACL_CONFIG. Apache sends the secret keys too: leave them out where nobody needs them. */
export type AclConfig = ShapeOf<typeof aclConfigShape>
export const decodeAclConfig = decoder('AclConfig', aclConfigShape)
export const encodeAclConfig = encoder(aclConfigShape)
