export { defineCommand, type Admin, type AdminCommand, type AdminContext, type Sender } from './command.js'
export { CommandError, sentenceOf, UsageError } from './errors.js'
export { bodyText } from './message-text.js'
export { commands } from './registry.js'
export { ExitCode, runTool, type Session, type ToolWorld } from './run.js'
export { connect } from './session.js'
export {
  connectionOptions,
  toolConnection,
  withLongKeys,
  type ConnectionFlags,
  type ConnectionWorld,
  type ToolConnection,
} from './tool-connection.js'
