import type { Clock, Logger } from '@mq/io'

/** How far a start has come that has to read the commit log. */
export interface RecoveryProgress {
  /** Bytes of the commit log read, and those there are to read at most: the last file may be half empty. */
  doneBytes: number
  totalBytes: number
  elapsedMs: number
}

/** A recovery that is over within this says nothing; a longer one tells each time this has passed. */
const silentMs = 1000
/** The clock is looked at after so many bytes of the log. */
const bytesPerLook = 4 << 20

/** Tells how far a long recovery is. */
export class ProgressTeller {
  readonly #from: number
  #tellAt: number
  #lookAt = 0
  #start = 0
  #end = 0

  constructor(
    private readonly clock: Clock,
    private readonly logger: Logger,
    private readonly tell: ((progress: RecoveryProgress) => void) | undefined,
  ) {
    this.#from = clock.monotonic()
    this.#tellAt = this.#from + silentMs
  }

  /** A stretch of the log is going to be read. */
  begin(start: number, end: number): void {
    this.#start = start
    this.#end = Math.max(start, end)
    this.#lookAt = 0
  }

  /** Reading has come to a position. */
  reached(position: number): void {
    if (position < this.#lookAt) return
    this.#lookAt = position + bytesPerLook
    const now = this.clock.monotonic()
    if (now < this.#tellAt) return
    this.#tellAt = now + silentMs
    const progress = {
      doneBytes: position - this.#start,
      totalBytes: this.#end - this.#start,
      elapsedMs: Math.round(now - this.#from),
    }
    this.logger.info(progress, recoveryText(progress))
    this.tell?.(progress)
  }
}

/** The same as a sentence. */
export function recoveryText({ doneBytes, totalBytes, elapsedMs }: RecoveryProgress): string {
  const percent = totalBytes > 0 ? Math.floor((100 * doneBytes) / totalBytes) : 100
  return `recovering: ${mib(doneBytes)} of at most ${mib(totalBytes)} MiB of the commit log read (${percent} %), ${Math.round(elapsedMs / 1000)} s`
}

const mib = (bytes: number): string => Math.round(bytes / (1 << 20)).toLocaleString('en')
