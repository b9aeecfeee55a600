import { type Disk, type Io, silentLogger } from '@mq/io'
import { BlockSums } from '../block-sums.js'
import { Checkpoint } from '../checkpoint.js'
import { ChecksumWriter } from '../checksum-writer.js'
import { ConsumeQueues } from '../consume-queues.js'
import { entryBytes } from '../consume-queue-entry.js'
import { DamageList } from '../damage-list.js'
import { endOfQueues } from '../end-of-queues.js'
import { createFileStore } from '../file-store.js'
import { StoreError } from '../message-store.js'
import { PageCache } from '../page-cache.js'
import type { RecoveryProgress } from '../recovery-progress.js'
import { storeConfigTable, type StoreConfig } from '../store-config.js'
import type { StoreFolder } from '../store-folder.js'
import { fileSizeIn, type ToolOptions, type ToolStore, withToolStore } from './tool-store.js'

export interface RepairOptions extends Omit<ToolOptions, 'disk'> {
  io: Io
  /** Told how far the commit log has been read, when that takes longer than a second. */
  onProgress?: (progress: RecoveryProgress) => void
}

export interface RepairResult {
  /** Consume queues that hold messages, and the topics they belong to. */
  queues: number
  topics: number
  indexFiles: number
  /** Where the commit log ends. */
  end: number
  /** Stretches of the commit log that cannot be read: they are noted in `damaged.json`, and nothing brings them back. */
  damages: number
}

/**
 * Makes consume queues, key index and checkpoint of a folder anew from its commit log, and leaves it as an orderly stop does; the log
 * itself changes only as at any start (an unfinished write at its end is cut off). Broken off at any point, the next start or repair goes on with
 * it. Rejects with `StoreError`: `IN_USE` while a process has the folder, `FORMAT` when it is none of ours.
 */
export async function repairStore({ io, directory, config, onProgress }: RepairOptions): Promise<RepairResult> {
  const found = withToolStore({ disk: io.disk, directory, config, readOnly: false }, (store) => {
    const sizes = sizesOf(store, config)
    forgetDerived(store, io)
    return { sizes, folder: store.folder }
  })
  const store = createFileStore({
    io,
    directory,
    // Nothing is appended.
    storeHost: { host: '127.0.0.1', port: 0 },
    config: { ...config, ...found.sizes },
    onRecovery: onProgress,
  })
  await store.start()
  const queues = store.queues()
  const { commitLogMaxOffset: end } = store.stats()
  await store.close()
  withToolStore({ disk: io.disk, directory, config, readOnly: false }, (store) => sumLog(store, io, end))
  const damages = new DamageList(io.disk, found.folder.damages, silentLogger)
  damages.load()
  return {
    queues: [...queues.values()].reduce((sum, ids) => sum + ids.length, 0),
    topics: queues.size,
    indexFiles: io.disk.list(found.folder.index).length,
    end,
    damages: damages.count,
  }
}

/** Gives every block of the log its checksum that has none. */
function sumLog({ disk, openFiles, folder, log }: ToolStore, { clock }: Io, end: number): void {
  const sums = new BlockSums(disk, openFiles, folder.checksums, log.files.fileBytes, silentLogger)
  const writer = new ChecksumWriter(clock, log, sums, silentLogger)
  log.startAt(end)
  writer.stop()
  writer.start(log.min)
  writer.catchUp()
}

/** File sizes the folder was written with. Those of the index cannot be told from its files, only that they are other ones. */
function sizesOf({ disk, folder, config, log }: ToolStore, given: Partial<StoreConfig> = {}): Partial<StoreConfig> {
  const { maxHashSlotNum, maxIndexNum } = config
  const wanted = 40 + 4 * maxHashSlotNum + 20 * maxIndexNum
  for (const name of disk.list(folder.index)) {
    const path = `${folder.index}/${name}`
    const size = disk.stat(path)?.size
    if (config.messageIndexEnable && size !== wanted)
      throw new StoreError(
        'FORMAT',
        `${path} has ${size} bytes, not the ${wanted} of maxHashSlotNum=${maxHashSlotNum} and maxIndexNum=${maxIndexNum}: ` +
          'give the broker.conf it was written with, or remove the file',
      )
  }
  return {
    mappedFileSizeCommitLog: log.files.fileBytes,
    mappedFileSizeConsumeQueue:
      given.mappedFileSizeConsumeQueue ??
      queueFileBytes(disk, folder.consumeQueues) ??
      config.mappedFileSizeConsumeQueue,
    ...extOf(disk, folder, given),
  }
}

/** Extension files are made anew where there are some, unless the configuration says that there are to be none. */
function extOf(disk: Disk, folder: StoreFolder, given: Partial<StoreConfig>): Partial<StoreConfig> {
  const fileBytes = queueFileBytes(disk, folder.consumeQueueExt, 1)
  return {
    enableConsumeQueueExt: given.enableConsumeQueueExt ?? fileBytes !== undefined,
    mappedFileSizeConsumeQueueExt:
      given.mappedFileSizeConsumeQueueExt ?? fileBytes ?? storeConfigTable.rows.mappedFileSizeConsumeQueueExt.default,
  }
}

function queueFileBytes(disk: Disk, directory: string, unitBytes = entryBytes): number | undefined {
  for (const topic of disk.list(directory)) {
    for (const id of disk.list(`${directory}/${topic}`)) {
      const size = fileSizeIn(disk, `${directory}/${topic}/${id}`)
      if (size !== undefined && size % unitBytes === 0) return size
    }
  }
  return undefined
}

/** From here on every start reads the whole log: first the checkpoint says so, then the files go. */
function forgetDerived(store: ToolStore, { clock }: Io): void {
  const { disk, folder, config, clean } = store
  const checkpoint = new Checkpoint(disk, folder.checkpoint)
  checkpoint.load()
  const { note, times } = checkpoint
  // Of a log that Apache's broker left in order, the consume queues tell how far it reaches.
  const flushedTo = (clean ? note?.logEnd : note?.flushedTo) ?? (clean ? endOfQueuesIn(store, clock) : 0)
  folder.markRunning()
  checkpoint.save(
    { ...times, logics: 0, index: 0 },
    {
      queueCount: 0,
      logEnd: -1,
      sumOfMaxOffsets: 0,
      indexedTo: 0,
      indexFiles: 0,
      flushedTo,
      partialTo: note?.partialTo ?? 0,
      partialSum: note?.partialSum ?? 0,
    },
  )
  disk.removeTree(folder.consumeQueues)
  disk.removeTree(folder.consumeQueueExt)
  if (config.messageIndexEnable) disk.removeTree(folder.index)
}

function endOfQueuesIn({ disk, openFiles, folder, log }: ToolStore, clock: Io['clock']): number {
  const fileBytes = queueFileBytes(disk, folder.consumeQueues)
  if (fileBytes === undefined) return 0
  const setting = { disk, openFiles, pages: new PageCache(0), directory: folder.consumeQueues, fileBytes }
  const queues = new ConsumeQueues(setting, clock, () => {})
  try {
    queues.load(false)
  } catch {
    // They are to go anyway.
    return 0
  }
  return endOfQueues(log, queues).logEnd
}
