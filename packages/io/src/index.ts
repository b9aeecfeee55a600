export * from './ports.js'
export * from './file-watch.js'
export * from './logger.js'
export * from './address.js'
