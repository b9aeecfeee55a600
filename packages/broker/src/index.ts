export { Broker, type BrokerFigures, type BrokerOptions } from './broker.js'
export { brokerConfigRows, brokerConfigTable, type BrokerConfig } from './config-table.js'
export type { ConsumerGroup } from './consumers.js'
