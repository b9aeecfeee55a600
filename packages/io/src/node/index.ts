export { nodeIo, type NodeIoOptions } from './node-io.js'
