import { CommanderError, type Command } from 'commander'
import { UsageError } from './usage-error.js'

/** Everything a user may have done wrong ends here: one sentence, and the exit code a script can tell apart. */
export async function runCommandLine(program: Command, argv: readonly string[] = process.argv.slice(2)): Promise<void> {
  quietWhenOutputCloses()
  prepare(program)
  try {
    await program.parseAsync(argv, { from: 'user' })
  } catch (error) {
    // Help asked for, or a wrong command line: commander has said its sentence already.
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2
    else fail(program.name(), error)
  }
}

/** Says what went wrong and leaves the exit code; the process ends when nothing is open any more. */
export function fail(name: string, error: unknown): void {
  const sentence = error instanceof Error ? error.message : String(error)
  const stack = process.env['MQ_DEBUG'] && error instanceof Error ? `\n${error.stack}` : ''
  process.stderr.write(`${name}: ${sentence}${stack}\n`)
  process.exitCode = error instanceof UsageError ? 2 : 1
}

function prepare(program: Command): void {
  for (const command of [program, ...program.commands.flatMap((each) => [each, ...each.commands])]) {
    command.exitOverride().allowExcessArguments(false)
    command.configureOutput({
      outputError: (text, write) => {
        const sentence = text.replace(/^error: |\.?\s*$/g, '')
        write(`${program.name()}: ${sentence}. '${program.name()} --help' shows what it takes.\n`)
      },
    })
  }
}

/** `mq consume … | head` closes our output early: that is no error. */
function quietWhenOutputCloses(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))
}
