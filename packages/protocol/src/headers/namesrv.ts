import { bool, headerTable, int, long, optional, text } from '../header-table.js'

/** REGISTER_BROKER */
export const registerBrokerRequest = headerTable('REGISTER_BROKER', {
  brokerName: text(),
  brokerAddr: text(),
  clusterName: text(),
  haServerAddr: optional(text()),
  brokerId: long(),
  compressed: optional(bool()),
  bodyCrc32: optional(int()),
})
/** Both are filled for slaves only. */
export const registerBrokerResponse = headerTable('REGISTER_BROKER response', {
  haServerAddr: optional(text()),
  masterAddr: optional(text()),
})

/** UNREGISTER_BROKER, QUERY_DATA_VERSION */
export const brokerIdentityRequest = headerTable('request of a broker', {
  brokerName: text(),
  brokerAddr: text(),
  clusterName: text(),
  brokerId: long(),
})

export const queryDataVersionResponse = headerTable('QUERY_DATA_VERSION response', { changed: bool() })

/** PUT_KV_CONFIG */
export const putKvConfigRequest = headerTable('PUT_KV_CONFIG', { namespace: text(), key: text(), value: text() })

/** GET_KV_CONFIG, DELETE_KV_CONFIG */
export const kvConfigRequest = headerTable('request for a kv config', { namespace: text(), key: text() })
export const kvConfigResponse = headerTable('GET_KV_CONFIG response', { value: optional(text()) })

/** GET_KVLIST_BY_NAMESPACE */
export const kvListRequest = headerTable('GET_KVLIST_BY_NAMESPACE', { namespace: text() })

/** WIPE_WRITE_PERM_OF_BROKER */
export const wipeWritePermRequest = headerTable('WIPE_WRITE_PERM_OF_BROKER', { brokerName: text() })
export const wipeWritePermResponse = headerTable('WIPE_WRITE_PERM_OF_BROKER response', { wipeTopicCount: int() })

/** GET_TOPICS_BY_CLUSTER */
export const clusterRequest = headerTable('GET_TOPICS_BY_CLUSTER', { cluster: text() })
