export { JavaDouble } from './java-double.js'
export * from './parse.js'
export * from './write.js'
