import {
  aclVersionResponse,
  decodeAclConfig,
  deleteAclConfigRequest,
  globalWhiteAddressesRequest,
  RequestCode,
  updateAclConfigRequest,
  type AclConfig,
  type PlainAccessConfig,
} from '@mq/protocol'
import { ClientError } from '../errors.js'
import { bodyOf, type AdminCalls } from './admin-calls.js'
import { targetsOf } from './topics.js'

type Where = { addr?: string; cluster?: string }

/** How often a broker's accounts have changed, and when last. */
export interface AclVersion {
  brokerAddr: string
  brokerName: string
  clusterName: string
  counter: number
  /** Of the last change, ms; 0 when nothing was changed by a call. */
  timestamp: number
}

/**
 * Makes an account or changes one (`updateAclConfig`): what is not given stays as it was. Apache's 4.7.1 takes `admin` for
 * false when it is not given. Returns the addresses of the brokers.
 */
export async function updateAccount(calls: AdminCalls, where: Where, account: PlainAccessConfig): Promise<string[]> {
  const { topicPerms, groupPerms, ...rest } = account
  const fields = updateAclConfigRequest.encode({
    ...rest,
    topicPerms: topicPerms?.join(','),
    groupPerms: groupPerms?.join(','),
  })
  const what = `update of account ${account.accessKey}`
  return onAll(calls, where, RequestCode.UPDATE_AND_CREATE_ACL_CONFIG, what, fields)
}

/** Returns the addresses of the brokers. */
export function deleteAccount(calls: AdminCalls, where: Where, accessKey: string): Promise<string[]> {
  const fields = deleteAclConfigRequest.encode({ accessKey })
  return onAll(calls, where, RequestCode.DELETE_ACL_CONFIG, `deletion of account ${accessKey}`, fields)
}

/** Replaces the addresses whose requests pass unsigned. Returns the addresses of the brokers. */
export function updateGlobalWhiteAddresses(
  calls: AdminCalls,
  where: Where,
  addresses: readonly string[],
): Promise<string[]> {
  const fields = globalWhiteAddressesRequest.encode({ globalWhiteAddrs: addresses.join(',') })
  const what = 'update of the global white addresses'
  return onAll(calls, where, RequestCode.UPDATE_GLOBAL_WHITE_ADDRS_CONFIG, what, fields)
}

export async function aclVersion(calls: AdminCalls, address: string): Promise<AclVersion> {
  const what = 'version of the access control'
  const { extFields } = await calls.broker(address, RequestCode.GET_BROKER_CLUSTER_ACL_INFO, what)
  const { version, ...broker } = aclVersionResponse.decode(extFields)
  return { ...broker, ...readVersion(version, address) }
}

/** Accounts and white addresses of a broker. Apache's 4.7.1 sends the secret keys too. */
export async function aclConfig(calls: AdminCalls, address: string): Promise<AclConfig> {
  const code = RequestCode.GET_BROKER_CLUSTER_ACL_CONFIG
  return decodeAclConfig(bodyOf(await calls.broker(address, code, 'accounts')))
}

async function onAll(
  calls: AdminCalls,
  where: Where,
  code: number,
  what: string,
  fields: Record<string, string>,
): Promise<string[]> {
  const addresses = await targetsOf(calls, where)
  for (const address of addresses) await calls.broker(address, code, what, fields)
  return addresses
}

function readVersion(text: string, address: string): { counter: number; timestamp: number } {
  try {
    const { counter = 0, timestamp = 0 } = JSON.parse(text) as { counter?: number; timestamp?: number }
    return { counter, timestamp }
  } catch (cause) {
    throw new ClientError(
      'BAD_ANSWER',
      `the version of the access control of ${address} cannot be read`,
      { address },
      { cause },
    )
  }
}
