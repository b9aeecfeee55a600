/**
 * What a user of RocketMQ 4.x relies on: the rows of docs/compatibility.md. Tests that belong to one are named after it: the
 * cases of `java/semantics`, and the `describe`s of @mq/client's tests against a cluster.
 */
export const semantics = [
  'send and consume',
  'batch',
  'ordered messages',
  'transactions',
  'delay levels',
  'retry and dead letters',
  'tag filter',
  'SQL92 filter',
  'request and reply',
  'broadcasting',
  'groups and offsets',
  'pull consumer',
  'namespaces',
  'message trace',
  'message queries',
  'offset search',
  'where consumers start',
  'resetting and cloning offsets',
  'changes of subscription',
  'rebalance strategies',
  'pause and resume',
  'compression',
  'unit mode',
  'waitStoreMsgOK',
  'size limits',
  'permissions',
  'access control',
  'TLS',
  'topics, groups and settings',
  'admin calls into clients',
] as const

export type Semantic = (typeof semantics)[number]

/**
 * Without these, brokers do not filter by SQL92, and transactions are asked about a minute later. A group that is new to a
 * queue begins at its first message, whatever it says, as long as that is in memory: so nothing counts as in memory, and all
 * the same as many messages are given out at a time.
 */
export const semanticsSettings = {
  enablePropertyFilter: true,
  transactionCheckInterval: 1000,
  transactionTimeOut: 1000,
  accessMessageInMemoryMaxRatio: 0,
  maxTransferCountOnMessageInDisk: 32,
  maxTransferBytesOnMessageInDisk: 256 * 1024,
}

/** The administrator of the clusters with access control. */
export const operator = { accessKey: 'operator', secretKey: 'a-long-secret' }

/** plain_acl.yml of those clusters. */
export const accounts = `accounts:
- accessKey: ${operator.accessKey}
  secretKey: ${operator.secretKey}
  admin: true
`
