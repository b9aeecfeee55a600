export type * from './api-types.js'
export type {
  BrokerPlace,
  ClusterSource,
  NewTopic,
  OutgoingMessage,
  Queue,
  QueueOffsets,
  QueueRead,
  SentMessage,
  StoredMessage,
  TopicOffsets,
  TopicRoute,
} from './cluster-source.js'
export { ConsoleError, type ConsoleErrorCode } from './console-error.js'
export { startConsole, type Console, type ConsoleOptions } from './start-console.js'
