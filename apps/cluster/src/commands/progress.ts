/** Messages before which no progress is shown. */
const shownFrom = 1000

export interface Progress {
  add(messages: number): void
  /** Takes the display away. */
  end(): void
}

const none: Progress = { add: () => {}, end: () => {} }

/** A bar on stderr for work that is long, on a terminal only. `total` undefined: a count without an end. */
export async function progressBar(total: number | undefined): Promise<Progress> {
  if (!process.stderr.isTTY || (total !== undefined && total < shownFrom)) return none
  const { SingleBar } = await import('cli-progress')
  const format =
    total === undefined
      ? '{value} messages, {duration_formatted}'
      : '{bar} {percentage}%  {value}/{total}, {eta_formatted} left'
  const bar = new SingleBar({
    format,
    stream: process.stderr,
    clearOnComplete: true,
    hideCursor: true,
    etaBuffer: 1000,
  })
  bar.start(total ?? 0, 0)
  return {
    add: (messages) => bar.increment(messages),
    end: () => bar.stop(),
  }
}
