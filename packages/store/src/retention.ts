import type { Clock, Disk, Logger, Timer } from '@mq/io'
import type { CommitLog } from './commit-log.js'
import type { ConsumeQueues } from './consume-queues.js'
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
    return this.#space().ratio
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
      removed.push(reason)
    }
    return removed
  }

  #reasonToRemove(start: number): string | undefined {
    const { disk, clock, config, log, reservedHours } = this.options
    const { ratio } = this.#space()
    const isFull = ratio * 100 > config.diskMaxUsedSpaceRatio
    if (config.cleanFileForciblyEnable && ratio * 100 > config.diskSpaceCleanForciblyRatio)
      return `the disk is over ${config.diskSpaceCleanForciblyRatio} % full`
    if (!isFull && !this.#isHourOfDeletion()) return undefined
    const { modifiedMs = clock.now() } = disk.stat(log.files.pathOf(start)) ?? {}
    const isOld = clock.now() >= modifiedMs + reservedHours() * hourMs
    return isOld ? `older than ${reservedHours()} h` : undefined
  }

  #isHourOfDeletion(): boolean {
    const hour = new Date(this.options.clock.now()).getHours()
    return this.options.config.deleteWhen.split(';').some((each) => Number(each) === hour)
  }

  #judgeSpace(): void {
    const { config, logger } = this.options
    const { ratio, path, totalBytes, freeBytes } = this.#space()
    const isFull = ratio * 100 > config.diskSpaceWarningLevelRatio
    const before = this.refusal
    const rule = `diskSpaceWarningLevelRatio=${config.diskSpaceWarningLevelRatio}`
    this.refusal = isFull
      ? `the disk that holds ${path} is ${Math.round(ratio * 100)} % full (${mib(totalBytes - freeBytes)} used, ${mib(freeBytes)} free), ` +
        `more than ${rule} allows: free some space, messages are taken again by themselves`
      : undefined
    if (isFull && before === undefined) logger.error({ path, ratio }, `messages are refused: ${this.refusal}`)
    if (!isFull && before !== undefined) logger.info({ path, ratio }, 'messages are taken again: the disk has space')
  }

  /** The fullest of the disks the store lies on. */
  #space(): Space {
    const spaces = this.options.directories.map((path) => spaceOf(this.options.disk, path))
    return spaces.reduce((fullest, space) => (space.ratio > fullest.ratio ? space : fullest))
  }
}

interface Space {
  path: string
  totalBytes: number
  freeBytes: number
  /** Used part, 0 to 1. */
  ratio: number
}

function spaceOf(disk: Disk, path: string): Space {
  const { totalBytes, freeBytes } = disk.space(path)
  return { path, totalBytes, freeBytes, ratio: totalBytes > 0 ? 1 - freeBytes / totalBytes : 0 }
}

const mib = (bytes: number): string => `${Math.round(bytes / (1 << 20))} MiB`

const pause = (clock: Clock, ms: number): Promise<void> => new Promise((resolve) => void clock.after(ms, resolve))
