import { dlqTopic, groupOfRetryTopic, isRetryTopic, isSystemTopic, retryTopic } from './names.js'

/*
 * A namespace keeps the topics and groups of one tenant apart from those of others: a client writes it before each name it
 * sends and takes it off each name it hands out (`NamespaceUtil`, 4.7.1). Brokers know nothing of it.
 *
 *     Orders -> tenant%Orders      %RETRY%Billing -> %RETRY%tenant%Billing
 */
const separator = '%'
const systemGroupPrefix = 'CID_RMQ_SYS_'

/** A name as brokers know it. System topics and groups, and names that have the namespace already, stay as they are. */
export function withNamespace(namespace: string | undefined, name: string): string {
  if (!namespace || name === '' || isOfSystem(name)) return name
  return inside(name, (own) => (own.startsWith(namespace + separator) ? own : namespace + separator + own))
}

/** A name as the user of the namespace knows it; names of other namespaces stay as they are. */
export function withoutNamespace(namespace: string | undefined, name: string): string {
  if (!namespace) return name
  const prefix = namespace + separator
  return inside(name, (own) => (own.startsWith(prefix) ? own.slice(prefix.length) : own))
}

const isOfSystem = (name: string): boolean => isSystemTopic(name) || name.startsWith(systemGroupPrefix)

/** Of retry and dead-letter topics, the namespace is that of the group. */
function inside(name: string, change: (own: string) => string): string {
  const group = groupOfRetryTopic(name)
  if (group === undefined) return change(name)
  return (isRetryTopic(name) ? retryTopic : dlqTopic)(change(group))
}
