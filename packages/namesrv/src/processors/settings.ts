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
import { refuse, shown } from '../names.js'
import type { Processor } from '../namesrv-state.js'

/** Limits of ours, so that no peer fills the memory. */
const kvNameLengthMax = 255
const kvValueLengthMax = 65_536
const kvEntriesMax = 100_000

/** PUT_KV_CONFIG */
export const putKvConfig: Processor = ({ kv }, request) => {
  const { namespace, key, value } = putKvConfigRequest.decode(request.extFields)
  refuse(
    checkKvName('namespace', namespace),
    checkKvName('key', key),
    value.length > kvValueLengthMax
      ? `the value has ${value.length} characters, the most is ${kvValueLengthMax}`
      : undefined,
    kv.get(namespace, key) === undefined && kv.size >= kvEntriesMax
      ? `there are ${kvEntriesMax} entries, which is the most: delete some`
      : undefined,
  )
  kv.put(namespace, key, value)
  return { code: ResponseCode.SUCCESS }
}

function checkKvName(kind: string, name: string): string | undefined {
  if (name === '') return `the ${kind} is empty`
  if (name.length > kvNameLengthMax) return `the ${kind} has ${name.length} characters, the most is ${kvNameLengthMax}`
  return /[\u0000-\u001f\u007f]/.test(name) ? `the ${kind} ${shown(name)} has control characters` : undefined
}

/** GET_KV_CONFIG */
export const getKvConfig: Processor = ({ kv }, request) => {
  const { namespace, key } = kvConfigRequest.decode(request.extFields)
  const value = kv.get(namespace, key)
  if (value !== undefined) return { code: ResponseCode.SUCCESS, extFields: kvConfigResponse.encode({ value }) }
  return {
    code: ResponseCode.QUERY_NOT_FOUND,
    remark: `No config item, Namespace: ${short(namespace)} Key: ${short(key)}`,
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
    return { code: ResponseCode.QUERY_NOT_FOUND, remark: `No config item, Namespace: ${short(namespace)}` }
  }
  return { code: ResponseCode.SUCCESS, body: encodeKVTable({ table: Object.fromEntries(entries) }) }
}

const short = (name: string): string => name.slice(0, kvNameLengthMax)

/** GET_NAMESRV_CONFIG */
export const getConfig: Processor = ({ config }) => ({
  code: ResponseCode.SUCCESS,
  body: Buffer.from(namesrvConfigTable.print(config)),
})

/** Many times the configuration there is. */
const configBytesMax = 16_384

/** UPDATE_NAMESRV_CONFIG: keys that may change while running, all of them or none. Paths and addresses never may. */
export const updateConfig: Processor = (namesrv, request) => {
  const { body = new Uint8Array(0) } = request
  if (body.length > configBytesMax) refuse(`the configuration has ${body.length} bytes, the most is ${configBytesMax}`)
  const entries = parseProperties(Buffer.from(body).toString('utf8'))
  const { config, problems } = namesrvConfigTable.change(namesrv.config, entries)
  if (problems.length > 0)
    refuse(
      problems
        .slice(0, 5)
        .map(({ message }) => message)
        .join('; '),
    )
  Object.assign(namesrv.config, config)
  namesrv.logger.info({ keys: [...entries.keys()] }, `configuration changed: ${[...entries.keys()].join(', ')}`)
  return { code: ResponseCode.SUCCESS }
}
