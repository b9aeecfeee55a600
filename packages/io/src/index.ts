export * from './ports.js'
export * from './logger.js'
export * from './address.js'
