import {
  encodeKVTable,
  kvConfigRequest,
  kvConfigResponse,
  kvListRequest,
  parseProperties,
  putKvConfigRequest,
  ResponseCode,
} from '@mq/protocol'
import { namesrvConfigTable } from '../config-table.js'
import type { Processor } from '../namesrv-state.js'

/** PUT_KV_CONFIG */
export const putKvConfig: Processor = ({ kv }, request) => {
  const { namespace, key, value } = putKvConfigRequest.decode(request.extFields)
  kv.put(namespace, key, value)
  return { code: ResponseCode.SUCCESS }
}

/** GET_KV_CONFIG */
export const getKvConfig: Processor = ({ kv }, request) => {
  const { namespace, key } = kvConfigRequest.decode(request.extFields)
  const value = kv.get(namespace, key)
  if (value !== undefined) return { code: ResponseCode.SUCCESS, extFields: kvConfigResponse.encode({ value }) }
  return {
    code: ResponseCode.QUERY_NOT_FOUND,
    remark: `No config item, Namespace: ${namespace} Key: ${key}`,
  }
}

/** DELETE_KV_CONFIG */
export const deleteKvConfig: Processor = ({ kv }, request) => {
  const { namespace, key } = kvConfigRequest.decode(request.extFields)
  kv.delete(namespace, key)
  return { code: ResponseCode.SUCCESS }
}

/** GET_KVLIST_BY_NAMESPACE */
export const kvList: Processor = ({ kv }, request) => {
  const { namespace } = kvListRequest.decode(request.extFields)
  const entries = kv.list(namespace)
  if (entries === undefined) {
    return { code: ResponseCode.QUERY_NOT_FOUND, remark: `No config item, Namespace: ${namespace}` }
  }
  return { code: ResponseCode.SUCCESS, body: encodeKVTable({ table: Object.fromEntries(entries) }) }
}

/** GET_NAMESRV_CONFIG */
export const getConfig: Processor = ({ config }) => ({
  code: ResponseCode.SUCCESS,
  body: Buffer.from(namesrvConfigTable.print(config)),
})

/** UPDATE_NAMESRV_CONFIG: keys that may change while running, all of them or none. Paths and addresses never may. */
export const updateConfig: Processor = (namesrv, request) => {
  const entries = parseProperties(Buffer.from(request.body ?? []).toString('utf8'))
  const { config, problems } = namesrvConfigTable.change(namesrv.config, entries)
  if (problems.length > 0) {
    return { code: ResponseCode.SYSTEM_ERROR, remark: problems.map(({ message }) => message).join('; ') }
  }
  Object.assign(namesrv.config, config)
  namesrv.logger.info({ keys: [...entries.keys()] }, `configuration changed: ${[...entries.keys()].join(', ')}`)
  return { code: ResponseCode.SUCCESS }
}
