/** A start that all share who ask for it while it goes on; one that has failed can be tried again. */
export class Starting {
  #running: Promise<void> | undefined

  run(start: () => Promise<void>): Promise<void> {
    this.#running ??= start().finally(() => (this.#running = undefined))
    return this.#running
  }
}
