export * from './config-table.js'
export * from './properties.js'
export * from './schemas.js'
export * from './tls-client.js'
