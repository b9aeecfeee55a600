import type { Clock, Disk, Logger, Timer } from '@mq/io'
import type { CommitLog } from './commit-log.js'
import type { ConsumeQueues } from './consume-queues.js'
import { type DiskSpace, spaceOf, spaceText } from './disk-space.js'
import type { StoreConfig } from './store-config.js'

/** The first look comes after this many intervals: Apache waits 60 s at its default of 10 s. */
const intervalsBeforeFirst = 6
const hourMs = 3_600_000
/** Files deleted in one look. */
const filesPerLook = 10

export interface RetentionOptions {
  clock: Clock
  disk: Disk
  log: CommitLog
  queues: ConsumeQueues
  config: StoreConfig
  /** Hours a file is kept after its last change; may change while running. */
  reservedHours: () => number
  logger: Logger
  /** Folders of commit log and consume queues, which may be on different disks. */
  directories: readonly string[]
  /** The log starts later than before. */
  onRemoved: (logMin: number) => void
}

/** Deletes what the retention rules say is over, and refuses messages while the disk is too full (`CleanCommitLogService`, 4.7.1). */
export class Retention {
  #timer: Timer | undefined
  #running: Promise<void> | undefined
  /** Why no message is taken, as long as the disk is too full. */
  refusal: string | undefined

  constructor(private readonly options: RetentionOptions) {}

  start(): void {
    const { clock, config, logger } = this.options
    const look = (): void => {
      this.clean().catch((error: unknown) => logger.error({ error }, 'old files could not be deleted'))
    }
    this.#timer = clock.every(config.cleanResourceInterval, look, intervalsBeforeFirst * config.cleanResourceInterval)
  }

  stop(): Promise<void> {
    this.#timer?.cancel()
    return this.#running ?? Promise.resolve()
  }

  /** Used part of the fuller of the disks, 0 to 1. */
  usedRatio(): number {
    return Math.max(...this.#spaces().map(({ ratio }) => ratio))
  }

  /** Looks once, deleting what is due. */
  async clean(): Promise<void> {
    this.#running ??= this.#clean().finally(() => (this.#running = undefined))
    return this.#running
  }

  async #clean(): Promise<void> {
    const { log, queues, onRemoved, logger } = this.options
    const before = log.min
    const removed = await this.#removeLogFiles()
    this.#judgeSpace()
    if (removed.length === 0) return
    logger.info(
      { removed: removed.length, from: before, to: log.min },
      `${removed.length} commit log files deleted (${removed[0]})`,
    )
    for (const queue of queues.all()) queue.removeFilesBefore(log.min)
    onRemoved(log.min)
  }

  /** Oldest first, up to the first that has to stay; never the last. Returns why, for each. */
  async #removeLogFiles(): Promise<string[]> {
    const { log, clock, config } = this.options
    const removed: string[] = []
    while (removed.length < filesPerLook && log.files.starts.length > 1) {
      const start = log.files.first!
      const reason = this.#reasonToRemove(start)
      // What is not flushed yet is not old, whatever the rules say.
      if (reason === undefined || start + log.files.fileBytes > log.flushed) break
      if (removed.length > 0) await pause(clock, config.deleteCommitLogFilesInterval)
      log.files.remove(start)
      // Came it back after a power loss, without those removed after it, these would count as damage.
      log.files.syncNames()
      removed.push(reason)
    }
    return removed
  }

  #reasonToRemove(start: number): string | undefined {
    const { disk, clock, config, log, reservedHours } = this.options
    const forced = this.#fullBy('diskSpaceCleanForciblyRatio')
    if (config.cleanFileForciblyEnable && forced !== undefined) return forced
    if (this.#fullBy('diskMaxUsedSpaceRatio') === undefined && !this.#isHourOfDeletion()) return undefined
    const { modifiedMs = clock.now() } = disk.stat(log.files.pathOf(start)) ?? {}
    const isOld = clock.now() >= modifiedMs + reservedHours() * hourMs
    return isOld ? `older than ${reservedHours()} h` : undefined
  }

  #isHourOfDeletion(): boolean {
    const hour = new Date(this.options.clock.now()).getHours()
    return this.options.config.deleteWhen.split(';').some((each) => Number(each) === hour)
  }

  #judgeSpace(): void {
    const { logger } = this.options
    const before = this.refusal
    const full = this.#fullBy('diskSpaceWarningLevelRatio')
    this.refusal = full && `${full}: free some space, messages are taken again by themselves`
    if (full !== undefined && before === undefined) logger.error({}, `messages are refused: ${this.refusal}`)
    if (full === undefined && before !== undefined) logger.info({}, 'messages are taken again: the disk has space')
  }

  /** Which disk is too full by a rule, how full, and the rule; undefined when none is. Too little free space is too full by all of them. */
  #fullBy(
    key: 'diskMaxUsedSpaceRatio' | 'diskSpaceCleanForciblyRatio' | 'diskSpaceWarningLevelRatio',
  ): string | undefined {
    const { config } = this.options
    const { diskMinFreeSpaceBytes } = config
    for (const space of this.#spaces()) {
      if (space.ratio * 100 > config[key]) return `${spaceText(space)}, more than ${key}=${config[key]} allows`
      if (space.freeBytes < diskMinFreeSpaceBytes)
        return `${spaceText(space)}, and diskMinFreeSpaceBytes=${diskMinFreeSpaceBytes} are to stay free`
    }
    return undefined
  }

  /** The disks the store lies on. */
  #spaces(): DiskSpace[] {
    return this.options.directories.map((path) => spaceOf(this.options.disk, path))
  }
}

const pause = (clock: Clock, ms: number): Promise<void> => new Promise((resolve) => void clock.after(ms, resolve))
