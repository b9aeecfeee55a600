import { existsSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { runTool } from './run.js'
import { connect } from './session.js'

// `mqadmin … | head` closes our output early: that is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))

const exitCode = runTool(process.argv.slice(2), {
  env: process.env,
  readFile: (path) => (existsSync(path) ? readFileSync(path, 'utf8') : undefined),
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  connect,
  now: () => Date.now(),
  pause: async (seconds) => {
    await sleep(seconds * 1000)
    return true
  },
})

void exitCode.then((code) => (process.exitCode = code))
