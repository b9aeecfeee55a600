import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { nodeIo } from '@mq/io/node'
import { runTool } from './run.js'
import { connect } from './session.js'

// `mqadmin … | head` closes our output early: that is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))

const { clock, disk } = nodeIo()

const exitCode = runTool(process.argv.slice(2), {
  env: process.env,
  readFile: (path) => {
    const bytes = disk.readWhole(resolve(path))
    return bytes && Buffer.from(bytes).toString('utf8')
  },
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  connect,
  now: () => clock.now(),
  // The clock's timers keep no process alive, and between two looks there may be nothing else that does.
  pause: async (seconds) => {
    await sleep(seconds * 1000)
    return true
  },
})

void exitCode.then((code) => (process.exitCode = code))
