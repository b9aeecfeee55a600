export * from './ports.js'
export * from './logger.js'
