/**
 * What a user of RocketMQ 4.x relies on: the rows of docs/compatibility.md. Tests that belong to one are named after it: the
 * cases of `Semantics.java`, and the `describe`s of @mq/client's tests against a cluster.
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
  'topics, groups and settings',
  'admin calls into clients',
] as const

export type Semantic = (typeof semantics)[number]

/** Without these, brokers do not filter by SQL92, and transactions are asked about a minute later. */
export const semanticsSettings = {
  enablePropertyFilter: true,
  transactionCheckInterval: 1000,
  transactionTimeOut: 1000,
}
