/** A stop that takes longer than this is given up, ms. */
const stopMsMax = 15_000
/** npm and npx pass a Ctrl-C on that the terminal has sent already: two signals this close are one, ms. */
const sameSignalMs = 200

/**
 * Closes a server at the first Ctrl-C or SIGTERM and ends the process with 0; at the second it ends at once.
 * `say` gets what the user should know meanwhile.
 */
export function stopOnSignals(close: () => Promise<void>, say: (sentence: string) => void): void {
  let firstAtMs: number | undefined
  const stop = (signal: NodeJS.Signals) => {
    if (firstAtMs !== undefined) {
      if (performance.now() - firstAtMs > sameSignalMs) process.exit(signal === 'SIGINT' ? 130 : 143)
      return
    }
    firstAtMs = performance.now()
    say('Stopping …')
    setTimeout(() => {
      say(`This takes longer than ${stopMsMax / 1000} s: ending without it. The next start recovers what is on disk.`)
      process.exit(1)
    }, stopMsMax).unref()
    close().then(
      () => process.exit(0),
      (error: unknown) => {
        say(`Not stopped cleanly: ${error instanceof Error ? error.message : String(error)}`)
        process.exit(1)
      },
    )
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
}
