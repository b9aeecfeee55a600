import { type Clock, IoError, type Logger, type Timer } from '@mq/io'
import { Acknowledgements } from './acknowledgements.js'
import type { Appender } from './appender.js'
import type { CommitLog } from './commit-log.js'
import type { Dispatcher } from './dispatcher.js'
import { GroupCommit } from './group-commit.js'
import type { AcknowledgedStatus, AcknowledgementLevel, AppendResult, MessageToStore } from './message-store.js'
import { StoredMessage } from './stored-message.js'

const writeRetryMs = 1000
const timeoutLookMs = 500
/**
 * A turn that takes in more than this is written in parts, bytes: its first messages are on the way to the disk, and their
 * senders at work again, while the rest is still being taken in.
 */
const writtenTogetherMax = 32 * 1024

export interface WritePathOptions {
  clock: Clock
  logger: Logger
  log: CommitLog
  appender: Appender
  dispatcher: Dispatcher
  level: AcknowledgementLevel
  /** Ms between flushes of level `received`. */
  flushIntervalMs: number
  /** Ms after which who waits for a flush is told FLUSH_DISK_TIMEOUT. */
  flushTimeoutMs: number
  /** How full the disk is, for who is refused. */
  spaceText: () => string
  /** Messages have become visible. */
  onVisible: () => void
}

/**
 * The way of a message from the append to the acknowledgement: all appends of a turn are one write at its end; syncs are
 * shared by all that was written before they began; then messages become visible, then who waits is called.
 */
export class WritePath {
  readonly #options: WritePathOptions
  readonly #flush: GroupCommit
  readonly #whenWritten: Acknowledgements
  readonly #whenFlushed: Acknowledgements
  #timer: Timer | undefined
  #isOpen = false
  #turnIsOpen = false
  /** The log can no longer be trusted to keep what it is given. */
  #failure: string | undefined
  /** Set while there is no space to write. */
  #noSpace: string | undefined
  /** Store time of the messages of this turn; never goes back, because recovery and search by time rely on it. */
  storeTimestamp = 0
  putMessages = 0
  putBytes = 0
  /** Longest write of a turn, ms. */
  writeMsMax = 0

  constructor(options: WritePathOptions) {
    this.#options = options
    const { clock, logger, log, level, flushIntervalMs } = options
    const onThrown = (error: unknown) => logger.error({ error }, 'an acknowledgement callback failed')
    this.#whenWritten = new Acknowledgements(onThrown)
    this.#whenFlushed = new Acknowledgements(onThrown)
    this.#flush = new GroupCommit({
      clock,
      log,
      level,
      intervalMs: flushIntervalMs,
      onFlushed: () => this.#flushed(),
      onFailed: (error) => this.#fail('the disk failed to keep what was written', error),
    })
  }

  open(): void {
    const { clock, flushTimeoutMs } = this.#options
    this.#isOpen = true
    this.#flush.start()
    this.#timer = clock.every(timeoutLookMs, () =>
      this.#whenFlushed.expire(clock.monotonic() - flushTimeoutMs, 'FLUSH_DISK_TIMEOUT'),
    )
  }

  /** Takes what was appended to the disk and answers everybody. */
  async close(): Promise<void> {
    this.#isOpen = false
    this.#timer?.cancel()
    this.#endTurn()
    await this.#flush.drain()
    this.#flush.stop()
    this.#failAll()
  }

  /** Why the disk does not take what it is given; undefined while it does. */
  get refusal(): string | undefined {
    return this.#failure ?? this.#noSpace
  }

  /** Messages that end at or before this position are visible. */
  get visibleTo(): number {
    const { log, level } = this.#options
    return level === 'flushed' ? log.flushed : log.written
  }

  append(message: MessageToStore): AppendResult {
    if (!this.#turnIsOpen) this.#openTurn()
    else if (this.#options.log.unwrittenBytes >= writtenTogetherMax) this.#write()
    const result = this.#options.appender.append(message, this.storeTimestamp)
    if (result instanceof StoredMessage) {
      this.#options.dispatcher.add(result)
      this.putMessages++
      this.putBytes += result.size
    }
    return result
  }

  #openTurn(): void {
    const { clock } = this.#options
    this.#turnIsOpen = true
    this.storeTimestamp = Math.max(this.storeTimestamp, clock.now())
    clock.endOfTurn(() => this.#endTurn())
  }

  #endTurn(): void {
    this.#turnIsOpen = false
    this.#write()
  }

  #write(): void {
    const { log, clock } = this.#options
    if (log.end === log.written || this.refusal !== undefined) return
    const before = clock.monotonic()
    try {
      log.write()
    } catch (error) {
      return this.#writeFailed(error)
    }
    this.writeMsMax = Math.max(this.writeMsMax, clock.monotonic() - before)
    this.#written()
    if (log.wantsNextFile) clock.after(1, () => this.#prepareNextFile())
  }

  #written(): void {
    const { log, level } = this.#options
    if (level === 'received') this.#makeVisible()
    this.#whenWritten.reached(log.written)
    this.#flush.wrote()
  }

  #flushed(): void {
    const { log, level } = this.#options
    if (level !== 'flushed') return
    this.#makeVisible()
    this.#whenFlushed.reached(log.flushed)
  }

  #makeVisible(): void {
    this.#options.dispatcher.reached(this.visibleTo)
    this.#options.onVisible()
  }

  #prepareNextFile(): void {
    const { log, logger } = this.#options
    if (!this.#isOpen) return
    try {
      log.prepareNextFile()
    } catch (error) {
      logger.warn({ error }, 'the next commit log file could not be made ready; it will be made when needed')
    }
  }

  #writeFailed(error: unknown): void {
    const { clock, logger, spaceText } = this.#options
    if (!(error instanceof IoError && error.code === 'NO_SPACE'))
      return this.#fail('the disk failed to take a write', error)
    this.#noSpace = `${error.message}; ${spaceText()}: free some space, messages are taken again by themselves`
    logger.error({ error }, `messages are refused: ${this.#noSpace}`)
    clock.after(writeRetryMs, () => this.#retryWrite())
    this.#failAll()
  }

  /** Nothing of a failed write counts as written, so the same bytes may be written again when there is space. */
  #retryWrite(): void {
    if (!this.#isOpen || this.#failure !== undefined) return
    this.#noSpace = undefined
    this.#endTurn()
    if (this.#noSpace === undefined) this.#options.logger.info({}, 'messages are taken again: the disk has space')
  }

  /** The system may have forgotten what it could not write: only a restart, which reads the disk, knows what is there. */
  #fail(what: string, error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error)
    this.#failure = `${what} (${reason}); restart to recover what it has`
    this.#options.logger.error({ error }, `messages are refused: ${this.#failure}`)
    this.#failAll()
  }

  #failAll(): void {
    this.#whenWritten.failAll()
    this.#whenFlushed.failAll()
  }

  whenAcknowledged(endOffset: number, waitStoreOk: boolean, done: (status: AcknowledgedStatus) => void): void {
    const { log, level, clock } = this.#options
    const isFlush = waitStoreOk && level === 'flushed'
    const waiting = isFlush ? this.#whenFlushed : this.#whenWritten
    waiting.wait(endOffset, isFlush ? clock.monotonic() : 0, done)
    const isReached = endOffset <= (isFlush ? log.flushed : log.written)
    if (isReached || !this.#isOpen || this.refusal !== undefined) clock.endOfTurn(() => this.#answerLate())
  }

  /** Answers those who asked when it was over. */
  #answerLate(): void {
    const { log } = this.#options
    this.#whenWritten.reached(log.written)
    this.#whenFlushed.reached(log.flushed)
    if (!this.#isOpen || this.refusal !== undefined) this.#failAll()
  }

  /** Resolves when all that was written before the call is flushed, or cannot be. */
  drain(): Promise<void> {
    return this.#flush.drain()
  }
}
