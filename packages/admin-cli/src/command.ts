import type { AdminClient, Producer } from '@mq/client'
import type { OptionRows, ValuesOf } from './options.js'

/** What commands use of a cluster; tests hand in a fake. */
export interface AdminContext {
  readonly admin: Admin
  /** A producer that has started; it is closed when the command has ended. */
  producer(): Promise<Sender>
  /** Wall clock, ms. */
  now(): number
  /** Says on stderr what went wrong with a part of the work; the others go on, the exit code becomes 1. */
  warn(sentence: string): void
}

export type Admin = Omit<AdminClient, 'close' | typeof Symbol.asyncDispose>
export type Sender = Pick<Producer, 'send'>

/**
 * A command of `mqadmin`: one file in `commands/`, one row in the registry. `run` finds out or changes something and returns
 * it, which is what `--json` shows; `print` lays it out as RocketMQ's own tool does.
 */
export interface AdminCommand<Rows extends OptionRows = OptionRows, Result = unknown> {
  readonly name: string
  readonly description: string
  readonly options: Rows
  /** Whole command lines, shown by its help. */
  readonly examples: readonly string[]
  run(context: AdminContext, options: ValuesOf<Rows>): Promise<Result>
  print(result: Result, options: ValuesOf<Rows>): string
  /** Run it again and again, with this many seconds between. */
  repeatSeconds?(options: ValuesOf<Rows>): number | undefined
}

/** Checks a command's row against itself: what `run` gets and what `print` takes follow from it. */
export const defineCommand = <Rows extends OptionRows, Result>(row: AdminCommand<Rows, Result>): AdminCommand =>
  row as unknown as AdminCommand
