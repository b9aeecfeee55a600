import { Command } from 'commander'
import { runCommandLine } from './cli/run-command-line.js'
import { UsageError } from './cli/usage-error.js'
import { shutDown } from './run-folder/shutdown.js'

const program = new Command('mqshutdown')
  .description('Stops the brokers, the name servers or the local clusters that this user runs here.')
  .argument('<what>', 'broker, namesrv, or mq (what mq start runs)')
  .action((what: string) => {
    if (what !== 'broker' && what !== 'namesrv' && what !== 'mq')
      throw new UsageError('Usage: mqshutdown broker | namesrv | mq')
    process.exitCode = shutDown(what, (line) => void process.stdout.write(`${line}\n`))
  })

void runCommandLine(program)
