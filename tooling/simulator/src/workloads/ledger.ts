import type { TransactionState } from '@mq/client'
import type { SimNode } from '../cluster/sim-node.js'

/** What is to become of a transaction. */
export type Intent =
  | 'commit'
  | 'roll back'
  | 'throw'
  /** The local transaction does not say; checks learn it, after some that do not. */
  | 'commit later'
  | 'roll back later'
  /** Checks do not learn it either: its broker gives it up. */
  | 'never end'

interface Entry {
  readonly intent: Intent
  readonly owner: SimNode
  /** Number of the owner's life that runs it. */
  readonly life: number
  state: 'running' | 'undecided' | 'commit' | 'rollback'
  /** Checks that are still answered with `unknown`. */
  unknowns: number
}

/** The database in which the application's transactions happen: it outlives every process, and it alone decides. */
export class Ledger {
  readonly #entries = new Map<string, Entry>()

  begin(id: string, intent: Intent, owner: SimNode, unknowns: number): void {
    this.#entries.set(id, { intent, owner, life: owner.lives.length, state: 'running', unknowns })
  }

  /** Does its local transaction, whole: returns what that says. */
  carryOut(id: string): TransactionState {
    const entry = this.#entries.get(id)!
    const { intent } = entry
    entry.state =
      intent === 'commit' ? 'commit' : intent === 'roll back' || intent === 'throw' ? 'rollback' : 'undecided'
    return entry.state === 'undecided' ? 'unknown' : (entry.state as TransactionState)
  }

  /** The local transaction will never be run. */
  abandon(id: string): void {
    this.#entries.get(id)!.state = 'rollback'
  }

  /** A check: a transaction whose process died with it is rolled back, as databases do. */
  ask(id: string): TransactionState {
    const entry = this.#entries.get(id)
    if (!entry) return 'unknown'
    const { owner, life, intent } = entry
    if (entry.state === 'running' && (owner.lives.length !== life || !owner.alive)) entry.state = 'rollback'
    if (entry.state === 'undecided' && intent !== 'never end' && entry.unknowns-- <= 0)
      entry.state = intent === 'commit later' ? 'commit' : 'rollback'
    return entry.state === 'running' || entry.state === 'undecided' ? 'unknown' : entry.state
  }

  stateOf(id: string): Entry['state'] | undefined {
    return this.#entries.get(id)?.state
  }

  /** Nobody will ever say how it ended. */
  isHopeless(id: string): boolean {
    const entry = this.#entries.get(id)
    return entry?.state === 'undecided' && entry.intent === 'never end'
  }
}
