export * from './broker-admin.js'
export * from './consume.js'
export * from './namesrv.js'
export * from './send.js'
