export { namesrvConfigTable, type NamesrvConfig } from './config-table.js'
export { NameServer, type NameServerOptions } from './name-server.js'
export { brokerExpiryMs, RouteTable, type BrokerIdentity } from './route-table.js'
