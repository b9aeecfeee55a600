import type { Io } from '@mq/io'
import { createFileStore, type FileStoreOptions } from './file-store.js'
import { MemoryDisk } from './memory-disk.js'
import type { MessageStore } from './message-store.js'
import { storeConfigTable } from './store-config.js'

export interface MemoryStoreOptions extends Pick<
  FileStoreOptions,
  'io' | 'storeHost' | 'logger' | 'config' | 'reservedHours'
> {
  /** Memory for messages, bytes; the oldest go when it fills up. Default: an eighth of the machine's. */
  bytesMax?: number
}

/** Small enough that retention, which goes by files, does not take much at a time. */
const logFileBytes = 16 << 20
const queueFileBytes = 64_000

/** A store that is gone with its process, for `--memory` and for tests: the file store over a disk in memory. */
export function createMemoryStore({ io, bytesMax, config = {}, ...options }: MemoryStoreOptions): MessageStore {
  const disk = new MemoryDisk(bytesMax ?? io.host.memoryBytes / 8, () => io.clock.now())
  const { clock, network, random, host } = io
  const inMemory: Io = { clock, network, random, host, disk }
  const longest = config.maxMessageSize ?? storeConfigTable.rows.maxMessageSize.default
  return createFileStore({
    ...options,
    io: inMemory,
    directory: '/store',
    tailBytes: 4 << 20,
    checksums: false,
    config: {
      ...config,
      storePathCommitLog: undefined,
      mappedFileSizeCommitLog: Math.max(logFileBytes, 2 * longest),
      mappedFileSizeConsumeQueue: queueFileBytes,
      flushDiskType: 'ASYNC_FLUSH',
      cleanResourceInterval: 1000,
      messageIndexEnable: false,
      enableConsumeQueueExt: false,
    },
  })
}
