import {
  aclVersionResponse,
  deleteAclConfigRequest,
  encodeAclConfig,
  globalWhiteAddressesRequest,
  ResponseCode,
  updateAclConfigRequest,
} from '@mq/protocol'
import type { Acl } from '../acl/acl.js'
import { keyLengthMin } from '../acl/key-length.js'
import { refusal, success, successWithBody, successWithFields } from '../answers.js'
import type { BrokerState } from '../broker-state.js'
import type { Processor } from './processor.js'

/** UPDATE_AND_CREATE_ACL_CONFIG: what is empty or missing stays as it was. A remark shows no secret, as 4.7.1's does. */
export const updateAccount: Processor = (broker, request) => {
  const { accessKey, secretKey, admin, topicPerms, groupPerms, ...texts } = updateAclConfigRequest.decode(
    request.extFields,
  )
  return changing(broker, ResponseCode.UPDATE_AND_CREATE_ACL_CONFIG_FAILED, (acl) => {
    for (const [name, key] of Object.entries({ accessKey, secretKey })) {
      if (key && key.length < keyLengthMin) throw new Error(`${name} must have ${keyLengthMin} characters at least`)
    }
    const change = {
      accessKey,
      secretKey: secretKey || undefined,
      whiteRemoteAddress: texts.whiteRemoteAddress || undefined,
      admin: admin === undefined ? undefined : String(admin),
      defaultTopicPerm: texts.defaultTopicPerm || undefined,
      defaultGroupPerm: texts.defaultGroupPerm || undefined,
      topicPerms: listOf(topicPerms),
      groupPerms: listOf(groupPerms),
    }
    acl.change((document) => document.putAccount(change))
  })
}

/** DELETE_ACL_CONFIG */
export const deleteAccount: Processor = (broker, request) => {
  const { accessKey } = deleteAclConfigRequest.decode(request.extFields)
  return changing(broker, ResponseCode.DELETE_ACL_CONFIG_FAILED, (acl) =>
    acl.change((document) => {
      if (!document.removeAccount(accessKey)) throw new Error(`there is no account '${accessKey.slice(0, 127)}'`)
    }),
  )
}

/** UPDATE_GLOBAL_WHITE_ADDRS_CONFIG: replaces the list. */
export const updateWhiteAddresses: Processor = (broker, request) => {
  const { globalWhiteAddrs } = globalWhiteAddressesRequest.decode(request.extFields)
  return changing(broker, ResponseCode.UPDATE_GLOBAL_WHITE_ADDRS_CONFIG_FAILED, (acl) =>
    acl.change((document) => document.setWhiteAddresses(listOf(globalWhiteAddrs) ?? [])),
  )
}

/** GET_BROKER_CLUSTER_ACL_INFO */
export const aclVersion: Processor = (broker) => {
  const { counter, timestamp } = requireAcl(broker, ResponseCode.SYSTEM_ERROR).version
  const { brokerName, brokerClusterName } = broker.config
  return successWithFields(
    aclVersionResponse.encode({
      version: JSON.stringify({ counter, timestamp }),
      brokerName,
      brokerAddr: `${broker.storeHost.host}:${broker.storeHost.port}`,
      clusterName: brokerClusterName,
    }),
  )
}

/** GET_BROKER_CLUSTER_ACL_CONFIG, without the secrets that 4.7.1 sends along. */
export const aclConfig: Processor = (broker) => ({
  ...successWithBody(encodeAclConfig(requireAcl(broker, ResponseCode.SYSTEM_ERROR).listing())),
  extFields: {},
})

function changing(broker: BrokerState, failedCode: number, change: (acl: Acl) => void) {
  const acl = requireAcl(broker, failedCode)
  try {
    change(acl)
    return success
  } catch (error) {
    throw refusal(failedCode, (error as Error).message)
  }
}

function requireAcl({ acl, config }: BrokerState, failedCode: number): Acl {
  if (acl) return acl
  throw refusal(failedCode, `broker ${config.brokerName} has no access control: aclEnable=true switches it on`)
}

/** Comma list; nothing for an empty one. */
function listOf(text: string | undefined): string[] | undefined {
  const items = (text ?? '').split(',').flatMap((one) => one.trim() || [])
  return items.length > 0 ? items : undefined
}
