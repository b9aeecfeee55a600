import type { Logger } from '@mq/io'

type Listener = (event: never) => void

/** Typed events whose listeners can neither crash nor stop the one that tells: errors they throw are logged. */
export class Events<EventTypes extends object> {
  readonly #listeners = new Map<keyof EventTypes, Set<Listener>>()

  constructor(private readonly logger: Logger) {}

  /** Returns the way to stop listening. */
  on<Name extends keyof EventTypes>(name: Name, listener: (event: EventTypes[Name]) => void): () => void {
    const listeners = this.#listeners.get(name) ?? new Set<Listener>()
    this.#listeners.set(name, listeners)
    listeners.add(listener)
    return () => void listeners.delete(listener)
  }

  emit<Name extends keyof EventTypes>(name: Name, event: EventTypes[Name]): void {
    const listeners = this.#listeners.get(name)
    if (listeners === undefined) return
    for (const listener of [...listeners]) this.#tell(String(name), () => listener(event as never))
  }

  #tell(name: string, listener: () => unknown): void {
    const failed = (error: unknown) => this.logger.error({ error, event: name }, `a listener of '${name}' failed`)
    try {
      const result = listener()
      if (result instanceof Promise) result.catch(failed)
    } catch (error) {
      failed(error)
    }
  }
}
