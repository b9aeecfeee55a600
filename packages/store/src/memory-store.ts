import type { Io } from '@mq/io'
import { createFileStore, type FileStoreOptions } from './file-store.js'
import { MemoryDisk } from './memory-disk.js'
import type { MessageStore } from './message-store.js'
import { storeConfigTable } from './store-config.js'

export interface MemoryStoreOptions extends Pick<
  FileStoreOptions,
  'io' | 'storeHost' | 'logger' | 'config' | 'reservedHours'
> {
  /**
   * Memory for messages and queues, bytes. The oldest messages go when it fills up; faster than that, new ones are refused as by a full disk.
   * Beyond it: the newest 4 MiB of messages and 8 MiB of older ones that were read. At least four of the longest messages. Default: an eighth
   * of the machine's.
   */
  bytesMax?: number
}

/** Small enough that retention, which goes by files, does not take much at a time. */
const logFileBytesMax = 16 << 20
const queueFileBytes = 8000
/** Memory fills up faster than a disk. */
const retentionMs = 250

/**
 * A store that is gone with its process, for `--memory` and for tests: the file store over a disk in memory. Throws `RangeError` when
 * `bytesMax` is too little.
 */
export function createMemoryStore({ io, bytesMax, config = {}, ...options }: MemoryStoreOptions): MessageStore {
  const { clock, network, random, host } = io
  const longest = config.maxMessageSize ?? storeConfigTable.rows.maxMessageSize.default
  const least = 4 * longest
  const memoryBytes = bytesMax ?? Math.max(least, host.memoryBytes / 8)
  if (!(memoryBytes >= least))
    throw new RangeError(`bytesMax=${memoryBytes} is too little: give at least ${least}, four times maxMessageSize`)
  const disk = new MemoryDisk(memoryBytes, () => clock.now())
  const inMemory: Io = { clock, network, random, host, disk }
  return createFileStore({
    ...options,
    io: inMemory,
    directory: '/store',
    tailBytes: 4 << 20,
    checksums: false,
    config: {
      ...config,
      storePathCommitLog: undefined,
      mappedFileSizeCommitLog: Math.max(2 * longest, Math.min(logFileBytesMax, Math.floor(memoryBytes / 8))),
      mappedFileSizeConsumeQueue: queueFileBytes,
      flushDiskType: 'ASYNC_FLUSH',
      cleanResourceInterval: retentionMs,
      deleteCommitLogFilesInterval: 1,
      messageIndexEnable: false,
      enableConsumeQueueExt: false,
    },
  })
}
