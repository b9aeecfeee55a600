export * from './trace-records.js'
