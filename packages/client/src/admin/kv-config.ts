import { decodeKVTable, RequestCode, requestCommand, ResponseCode } from '@mq/protocol'
import { fromResponse } from '../errors.js'
import { bodyOf, type AdminCalls } from './admin-calls.js'

/** Sets a value at every name server. */
export async function putKvConfig(calls: AdminCalls, namespace: string, key: string, value: string): Promise<void> {
  await calls.everyNameServer(RequestCode.PUT_KV_CONFIG, `kv config ${namespace}/${key}`, { namespace, key, value })
}

/** Undefined when there is none. */
export async function getKvConfig(calls: AdminCalls, namespace: string, key: string): Promise<string | undefined> {
  const response = await calls.instance.nameServers.call(() =>
    requestCommand(RequestCode.GET_KV_CONFIG, { namespace, key }),
  )
  if (response.code === ResponseCode.QUERY_NOT_FOUND) return undefined
  if (response.code !== ResponseCode.SUCCESS) throw fromResponse(response, `kv config ${namespace}/${key}`)
  return response.extFields?.value
}

export async function deleteKvConfig(calls: AdminCalls, namespace: string, key: string): Promise<void> {
  await calls.everyNameServer(RequestCode.DELETE_KV_CONFIG, `kv config ${namespace}/${key}`, { namespace, key })
}

/** All of a namespace; empty when there is none. */
export async function listKvConfig(calls: AdminCalls, namespace: string): Promise<Record<string, string>> {
  const response = await calls.instance.nameServers.call(() =>
    requestCommand(RequestCode.GET_KVLIST_BY_NAMESPACE, { namespace }),
  )
  if (response.code === ResponseCode.QUERY_NOT_FOUND) return {}
  if (response.code !== ResponseCode.SUCCESS) throw fromResponse(response, `kv config of ${namespace}`)
  return decodeKVTable(bodyOf(response)).table
}
