export { AdminClient, type AdminClientOptions } from './admin/admin-client.js'
export type { AclVersion } from './admin/access-control.js'
export type { AdminCallOptions } from './admin/admin-calls.js'
export type { GroupProgress, OffsetReset, QueueProgress } from './admin/groups.js'
export type { KeyQuery, PulledMessages } from './admin/messages.js'
export type { NewTopic, QueueStats } from './admin/topics.js'
export type { ConnectionOptions } from './client-instance/shared-instances.js'
export {
  averageStrategy,
  circleStrategy,
  configuredStrategy,
  consistentHashStrategy,
  machineRoomStrategy,
  type AllocationStrategy,
} from './consumer/allocation.js'
export type { ConsumerEvents, SubscriptionDifference } from './consumer/consumer-events.js'
export {
  batched,
  type AnyHandler,
  type BatchedHandler,
  type BatchHandler,
  type BatchOutcome,
  type ConsumeOutcome,
  type HandlerContext,
  type MessageHandler,
} from './consumer/message-handler.js'
export type { ConsumerOptions } from './consumer/consumer-options.js'
export { PullConsumer, type PollOptions, type PullConsumerOptions } from './consumer/pull-consumer.js'
export { PushConsumer } from './consumer/push-consumer.js'
export type { PushConsumerOptions } from './consumer/push-options.js'
export type { SubscriptionExpression } from './consumer/subscription.js'
export { ClientError, type ClientErrorCode, type ClientErrorDetails } from './errors.js'
export { jsonBody, type Message } from './producer/message.js'
export { Producer, type ProducerEvents } from './producer/producer.js'
export type { ProducerOptions, SendOptions } from './producer/producer-options.js'
export { channelNames, type ConsumeEvent, type SendEvent } from './diagnostics/channels.js'
export { diagnose, type Diagnosis, type DiagnoseOptions, type DiagnosisProblem } from './diagnose/diagnose.js'
export type { BrokerFinding, ServerFinding, TopicFinding } from './diagnose/diagnose.js'
export type { HandlerMiddleware } from './consumer/middleware.js'
export { jsonCodec, topic, type Codec, type StandardSchema, type TypedTopic } from './topic/typed-topic.js'
export type { TypedTopicOptions } from './topic/typed-topic.js'
export type { TraceOption } from './trace/trace-option.js'
export type { Reply } from './request-reply/reply.js'
export type { RequestOptions } from './request-reply/requests.js'
export {
  TransactionProducer,
  type LocalTransaction,
  type Transaction,
  type TransactionCheck,
  type TransactionOptions,
  type TransactionOutcome,
  type TransactionProducerOptions,
  type TransactionSendResult,
} from './transaction/transaction-producer.js'
export type { TransactionState } from './transaction/end-transaction.js'
export type { SendResult, SendStatus } from './producer/send-result.js'
export { ReceivedMessage } from './received-message.js'
export type { Credentials, MessageQueue } from '@mq/protocol'
