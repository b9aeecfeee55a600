import { Command, CommanderError, Option } from 'commander'
import type { Admin, AdminCommand, AdminContext, Sender } from './command.js'
import { sentenceOf, UsageError } from './errors.js'
import { jsonText } from './json.js'
import { commands } from './registry.js'
import {
  connectionOptions,
  toolConnection,
  withLongKeys,
  type ConnectionFlags,
  type ConnectionWorld,
  type ToolConnection,
} from './tool-connection.js'

/** What the tool needs of the world around it; tests hand in their own. */
export interface ToolWorld extends ConnectionWorld {
  out(text: string): void
  err(text: string): void
  connect(namesrv: string, connection: ToolConnection): Session
  now(): number
  /** Resolves false when the user has had enough. */
  pause(seconds: number): Promise<boolean>
}

/** A cluster that commands work on, until it is closed. */
export interface Session {
  readonly admin: Admin
  producer(): Promise<Sender>
  close(): Promise<void>
}

export const ExitCode = { DONE: 0, FAILED: 1, USAGE: 2 } as const

/** Runs one command line; resolves with the exit code: 0 done, 1 failed, 2 not understood. */
export async function runTool(argv: readonly string[], world: ToolWorld): Promise<number> {
  const outcome = { code: ExitCode.DONE as number }
  const program = toolOf(world, outcome)
  try {
    await program.parseAsync(withKnownSpelling(withLongKeys(argv)), { from: 'user' })
    return outcome.code
  } catch (error) {
    // Help asked for, or a wrong command line: commander has said its sentence already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.DONE : ExitCode.USAGE
    return tell(error, world)
  }
}

function tell(error: unknown, world: ToolWorld): number {
  const details = world.env['MQ_DEBUG'] && error instanceof Error ? `\n${error.stack}` : ''
  world.err(`mqadmin: ${sentenceOf(error)}${details}\n`)
  return error instanceof UsageError ? ExitCode.USAGE : ExitCode.FAILED
}

/** RocketMQ's tool takes the names of commands in any case. */
function withKnownSpelling(argv: readonly string[]): string[] {
  const spell = (word: string) => commands.find(({ name }) => name.toLowerCase() === word.toLowerCase())?.name ?? word
  const [first, second, ...rest] = argv
  if (first === undefined) return ['help']
  if (first === 'help' && second !== undefined) return [first, spell(second), ...rest]
  return [spell(first), ...argv.slice(1)]
}

function toolOf(world: ToolWorld, outcome: { code: number }): Command {
  const program = new Command('mqadmin')
    .description('Looks into RocketMQ clusters and changes them.')
    .usage('<command> [options]')
    .configureOutput({
      writeOut: (text) => world.out(text),
      writeErr: (text) => world.err(text),
      outputError: (text, write) => write(`mqadmin: ${text.replace(/^error: /, '')}`),
    })
    .exitOverride()
    .helpCommand('help [command]', 'what a command does, with its options and examples')
    .addHelpText(
      'after',
      '\nName servers: -n host:9876, or the environment variable NAMESRV_ADDR. Keys for clusters with access control: --ak and\n--sk, MQ_ACCESS_KEY and MQ_SECRET_KEY, or $ROCKETMQ_HOME/conf/tools.yml.\nmqadmin help <command> tells more.',
    )
  for (const command of commands) program.addCommand(subcommandOf(command, world, outcome))
  return program
}

function subcommandOf(row: AdminCommand, world: ToolWorld, outcome: { code: number }): Command {
  const command = new Command(row.name)
    .description(row.description)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => world.out(text),
      writeErr: (text) => world.err(text),
      outputError: (text, write) =>
        write(`mqadmin: ${text.replace(/^error: |\.?\s*$/g, '')}. 'mqadmin help ${row.name}' shows what it takes.\n`),
    })
    .option('-n, --namesrvAddr <addresses>', 'name servers, host:port, several separated by ; (default: $NAMESRV_ADDR)')
    .option('--json', 'print the result as JSON')
    .allowExcessArguments(false)
    .addHelpText('after', `\nExamples:\n${row.examples.map((example) => `  ${example}`).join('\n')}`)
  for (const option of optionsOf(row).values()) command.addOption(option)
  for (const [flags, help] of connectionOptions) command.option(flags, help)
  return command.action(async () => {
    outcome.code = await runCommand(row, command, world)
  })
}

/** By the name under which the command's row has them. */
function optionsOf(row: AdminCommand): Map<string, Option> {
  return new Map(
    Object.entries(row.options).map(([name, { flags, help, required, defaultText }]) => {
      const about = defaultText === undefined ? help : `${help} (default: ${defaultText})`
      return [name, new Option(flags, about).makeOptionMandatory(required)]
    }),
  )
}

async function runCommand(row: AdminCommand, command: Command, world: ToolWorld): Promise<number> {
  const given = command.opts<Record<string, string | true | undefined>>()
  const values = valuesOf(row, given)
  const namesrv = namesrvOf(given['namesrvAddr'], world)
  const session = world.connect(namesrv, await toolConnection(given as ConnectionFlags, world))
  let code: number = ExitCode.DONE
  const context: AdminContext = {
    admin: session.admin,
    producer: () => session.producer(),
    now: () => world.now(),
    warn(sentence) {
      world.err(`mqadmin: ${sentence}\n`)
      code = ExitCode.FAILED
    },
  }
  const seconds = row.repeatSeconds?.(values)
  try {
    do {
      const result = await row.run(context, values)
      world.out(given['json'] ? jsonText(result) : row.print(result, values))
    } while (seconds !== undefined && (await world.pause(seconds)))
  } finally {
    await session.close()
  }
  return code
}

function valuesOf(row: AdminCommand, given: Record<string, string | true | undefined>): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  for (const [name, option] of optionsOf(row)) {
    const text = given[option.attributeName()]
    values[name] = row.options[name]!.read(text === true ? '' : text)
  }
  return values
}

function namesrvOf(given: string | true | undefined, world: ToolWorld): string {
  const namesrv = typeof given === 'string' ? given : world.env['NAMESRV_ADDR']
  if (namesrv) return namesrv
  throw new UsageError('no name server is given: add -n 127.0.0.1:9876, or set NAMESRV_ADDR=127.0.0.1:9876')
}
