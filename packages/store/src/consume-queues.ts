import type { Clock, Timer } from '@mq/io'
import { checkTopicName } from '@mq/protocol'
import { checkQueue } from './check-queue.js'
import { ConsumeQueue, type ConsumeQueueSetting } from './consume-queue.js'
import { QueueTable } from './queue-table.js'

/** Writing goes on for that long at a time, then others get their turn: ten thousand queues must not hold up an append. */
const writingMsMax = 4
const pauseMs = 2
const queuesAtATime = 8
/** A queue that gets entries faster than the regular writing comes round is written when it has that many. */
const unwrittenMax = 4096

/** All queues of all topics. Writes their entries to the files in the background. */
export class ConsumeQueues {
  readonly #table: QueueTable<ConsumeQueue>
  /** Queues with entries that are not in the files yet. */
  #dirty: ConsumeQueue[] = []
  /** Queues with files written since they were last synced. */
  readonly #unsynced = new Set<ConsumeQueue>()
  /** Topics with folders of queues that are not yet sure to last. */
  readonly #grownTopics = new Set<string>()
  /** Queues written to since the last call of `coolDown`, and between the last two. */
  #warm = new Set<ConsumeQueue>()
  #cooling = new Set<ConsumeQueue>()
  #timer: Timer | undefined
  #pause: Timer | undefined

  constructor(
    private readonly setting: ConsumeQueueSetting,
    private readonly clock: Clock,
    private readonly onFailed: (error: unknown) => void,
  ) {
    this.#table = new QueueTable((topic, queueId) => new ConsumeQueue(topic, queueId, setting))
  }

  find(topic: string, queueId: number): ConsumeQueue | undefined {
    return this.#table.find(topic, queueId)
  }

  /** The queue, created when it is new; a sentence when there can be none of that name. */
  open(topic: string, queueId: number): ConsumeQueue | string {
    return this.find(topic, queueId) ?? checkQueue(topic, queueId) ?? this.#table.open(topic, queueId)
  }

  /** Finds the queues that are in the folder. */
  load(repair: boolean): void {
    const { disk, directory, ext } = this.setting
    if (ext) disk.makeDirectory(ext.directory)
    for (const topic of disk.list(directory)) {
      if (checkTopicName(topic) !== undefined) continue
      for (const name of disk.list(`${directory}/${topic}`)) {
        if (!/^\d{1,10}$/.test(name)) continue
        const queue = new ConsumeQueue(topic, Number(name), this.setting)
        if (queue.load(repair)) this.#table.add(topic, queue.queueId, queue)
      }
    }
  }

  /** Lets go of what was kept in memory while the store started. */
  started(): void {
    for (const queue of this.all()) queue.forgetWritten()
  }

  all(): Generator<ConsumeQueue> {
    return this.#table.all()
  }

  unusedTopics(wanted: ReadonlySet<string>): string[] {
    return this.#table.unusedTopics(wanted)
  }

  /** Queue ids by topic, of queues that hold or held messages. */
  ids(): Map<string, number[]> {
    return this.#table.ids((queue) => queue.maxOffset > 0)
  }

  /** How many queues these topics have. */
  countOf(topics: readonly string[]): number {
    let count = 0
    for (const { topic } of this.all()) if (topics.includes(topic)) count++
    return count
  }

  dropTopic(topic: string): void {
    const queues = this.#table.dropTopic(topic)
    if (queues.length === 0) return
    for (const queue of queues) {
      queue.drop()
      this.#unsynced.delete(queue)
      this.#warm.delete(queue)
      this.#cooling.delete(queue)
    }
    this.#grownTopics.delete(topic)
    for (const directory of this.#directories) this.setting.disk.removeTree(`${directory}/${topic}`)
  }

  /** Folders that have a folder for each topic. */
  get #directories(): string[] {
    const { directory, ext } = this.setting
    return ext ? [directory, ext.directory] : [directory]
  }

  /** Removes all queues, files too: they are to be made anew from the log. */
  dropAll(): void {
    for (const topic of [...this.#table.topics()]) this.dropTopic(topic)
    for (const directory of this.#directories) {
      this.setting.disk.removeTree(directory)
      this.setting.disk.makeDirectory(directory)
    }
  }

  /** A queue has got entries that are to be written. */
  touched(queue: ConsumeQueue): void {
    if (queue.maxOffset - queue.writtenOffset >= unwrittenMax) this.#write([queue])
    if (queue.isDirty) return
    queue.isDirty = true
    this.#dirty.push(queue)
  }

  /** Starts the regular writing. */
  startWriting(periodMs: number): void {
    this.#timer = this.clock.every(periodMs, () => this.#writeSome())
  }

  stopWriting(): void {
    this.#timer?.cancel()
    this.#pause?.cancel()
  }

  #writeSome(): void {
    this.#pause?.cancel()
    const until = this.clock.monotonic() + writingMsMax
    while (this.#dirty.length > 0) {
      if (!this.#write(this.#dirty.splice(0, queuesAtATime))) return
      if (this.clock.monotonic() < until) continue
      this.#pause = this.clock.after(pauseMs, () => this.#writeSome())
      return
    }
  }

  /** Writes all there is, at once. Throws `IoError`. */
  writeAll(): void {
    this.#writeEach(this.#dirty.splice(0))
  }

  /** Writes; what fails stays in memory and is tried again with the next regular writing. */
  #write(queues: ConsumeQueue[]): boolean {
    try {
      this.#writeEach(queues)
      return true
    } catch (error) {
      this.onFailed(error)
      return false
    }
  }

  #writeEach(queues: ConsumeQueue[]): void {
    for (const [index, queue] of queues.entries()) {
      const isGrowing = queue.isGrowing && !queue.isDropped
      try {
        queue.writeOut()
      } catch (error) {
        for (const unwritten of queues.slice(index)) this.#isDirtyAgain(unwritten)
        throw error
      }
      if (isGrowing) this.#grownTopics.add(queue.topic)
      if (queue.hasUnsynced) this.#unsynced.add(queue)
      this.#warm.add(queue)
    }
  }

  #isDirtyAgain(queue: ConsumeQueue): void {
    queue.isDirty = true
    if (!this.#dirty.includes(queue)) this.#dirty.push(queue)
  }

  /**
   * Makes what is in the files last, so many files at a time: each takes a thread that the commit log may want. Rejects with
   * `IoError`; then never call it again.
   */
  async syncAll(atATime = 1): Promise<void> {
    const waiting = [...this.#unsynced]
    this.#unsynced.clear()
    for (const directory of this.#directories) this.#syncGrown(directory)
    this.#grownTopics.clear()
    const syncNext = async (): Promise<void> => {
      for (let queue = waiting.pop(); queue; queue = waiting.pop()) if (!queue.isDropped) await queue.sync()
    }
    const ends = await Promise.allSettled(Array.from({ length: atATime }, syncNext))
    const failed = ends.find((end) => end.status === 'rejected')
    if (failed) throw failed.reason
  }

  #syncGrown(directory: string): void {
    const { disk } = this.setting
    for (const topic of this.#grownTopics) {
      // A queue that has lost all its entries has no extension files.
      if (disk.exists(`${directory}/${topic}`)) disk.syncDirectory(`${directory}/${topic}`)
    }
    if (this.#grownTopics.size > 0) disk.syncDirectory(directory)
  }

  /** Gives back the memory of queues that were not written to between the last two calls. */
  coolDown(): void {
    for (const queue of this.#cooling) if (!this.#warm.has(queue)) queue.forgetWritten()
    this.#cooling = this.#warm
    this.#warm = new Set()
  }
}
