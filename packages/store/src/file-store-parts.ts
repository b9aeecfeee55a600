import type { Io, Logger } from '@mq/io'
import { Appender } from './appender.js'
import { BlockSums } from './block-sums.js'
import { Checkpoint } from './checkpoint.js'
import { Checkpointer } from './checkpointer.js'
import { ChecksumWriter } from './checksum-writer.js'
import { CommitLog } from './commit-log.js'
import { entryBytes } from './consume-queue-entry.js'
import type { ConsumeQueueSetting } from './consume-queue.js'
import { ConsumeQueues } from './consume-queues.js'
import { DamageList } from './damage-list.js'
import { spaceOf, spaceText } from './disk-space.js'
import { Dispatcher } from './dispatcher.js'
import { DocumentSums } from './document-sums.js'
import { FileDocuments } from './documents.js'
import { engineSettings } from './engine-settings.js'
import { Indexer } from './indexer.js'
import { KeyIndex } from './key-index.js'
import { MessageReader } from './message-reader.js'
import type { AcknowledgementLevel, EngineOptions } from './message-store.js'
import { OpenFiles } from './open-files.js'
import { PageCache } from './page-cache.js'
import { RecordGuard } from './record-guard.js'
import { RecordLookup } from './record-lookup.js'
import type { RecoveryProgress } from './recovery-progress.js'
import { Retention } from './retention.js'
import type { StoreConfig } from './store-config.js'
import { StoreFolder } from './store-folder.js'
import { WritePath } from './write-path.js'

export interface FileStoreOptions extends EngineOptions {
  /** Bytes of the newest messages kept in memory. Default 16 MiB. */
  tailBytes?: number
  /** Bytes of older messages kept in memory after they were read. Default 8 MiB. */
  pageBytes?: number
  /** Keep checksums over all bytes of the commit log, in `checksums` in the folder. Default true. */
  checksums?: boolean
  /** Told once a second how far `start` is, when it has to read the commit log for longer than that. */
  onRecovery?: (progress: RecoveryProgress) => void
}

/** What a file store is made of. What is missing is switched off. */
export interface FileStoreParts {
  io: Io
  logger: Logger
  config: StoreConfig
  delaysMs: readonly number[]
  level: AcknowledgementLevel
  folder: StoreFolder
  openFiles: OpenFiles
  documents: FileDocuments
  log: CommitLog
  queues: ConsumeQueues
  dispatcher: Dispatcher
  writePath: WritePath
  /** Longest record that is taken. */
  recordBytesMax: number
  reader: MessageReader
  lookup: RecordLookup
  index: KeyIndex | undefined
  indexer: Indexer | undefined
  sums: BlockSums | undefined
  documentSums: DocumentSums | undefined
  checksums: ChecksumWriter | undefined
  damages: DamageList
  checkpoint: Checkpoint
  checkpointer: Checkpointer
  retention: Retention
}

/** Makes the parts and ties them to each other; the disk is not touched. */
export function fileStoreParts(options: FileStoreOptions): FileStoreParts {
  const { io, directory, logger, storeHost, config, delaysMs, level, reservedHours } = engineSettings(options)
  const folder = new StoreFolder(io.disk, directory, config.storePathCommitLog)
  const openFiles = new OpenFiles(io.disk)
  const base = { io, logger, config, delaysMs, level, folder, openFiles } as const

  const hasSums = options.checksums !== false
  const { mappedFileSizeCommitLog: logFileBytes } = config
  const sums = hasSums ? new BlockSums(io.disk, openFiles, folder.checksums, logFileBytes, logger) : undefined
  const documentSums = hasSums ? new DocumentSums(io.disk, folder.configChecksums) : undefined
  const documents = new FileDocuments(io.disk, folder.config, logger, documentSums)

  const pages = new PageCache(options.pageBytes ?? 8 << 20)
  const log = new CommitLog(io.disk, openFiles, pages, {
    directory: folder.commitLog,
    fileBytes: logFileBytes,
    tailBytes: options.tailBytes ?? 16 << 20,
    hasRoomAhead: level === 'flushed',
    recordBytesMax: config.maxMessageSize,
    sums,
  })
  const checksums = sums && new ChecksumWriter(io.clock, log, sums, logger)
  const queues = createQueues(base, pages)
  const dispatcher = new Dispatcher(queues, logger)
  const appender = new Appender({ log, queues, storeHost, recordBytesMax: config.maxMessageSize, delaysMs })
  const writePath = createWritePath(base, { log, appender, dispatcher }, () => {
    indexer?.wake()
    checksums?.wake()
  })
  const index = config.messageIndexEnable ? createIndex(base) : undefined
  const indexer = index && new Indexer(io.clock, log, index, () => writePath.visibleTo, logger)

  const guard = new RecordGuard(log, logger)
  const reader = new MessageReader(log, queues, pages, config, io.host.memoryBytes, guard)
  const lookup = new RecordLookup(log, pages, guard, delaysMs)

  const damages = new DamageList(io.disk, folder.damages, logger)
  const checkpoint = new Checkpoint(io.disk, folder.checkpoint)
  const written = { log, queues, dispatcher, writePath, index, indexer, checksums }
  const checkpointer = new Checkpointer({ checkpoint, ...written, logger })
  const retention = new Retention({
    clock: io.clock,
    disk: io.disk,
    log,
    queues,
    config,
    reservedHours,
    logger,
    directories: [folder.commitLog, folder.root],
    onRemoved: (logMin) => {
      damages.removeBefore(logMin)
      checkpointer.noteRemoval({ indexFiles: index?.countBefore(logMin) })
      index?.removeBefore(logMin)
      sums?.removeBefore(logMin)
    },
  })
  const kept = { documents, sums, documentSums, damages, checkpoint, checkpointer, retention }
  return { ...base, ...written, ...kept, recordBytesMax: appender.recordBytesMax, reader, lookup }
}

type Base = Pick<FileStoreParts, 'io' | 'logger' | 'config' | 'level' | 'folder' | 'openFiles'>

function createQueues({ io, logger, config, folder, openFiles }: Base, pages: PageCache): ConsumeQueues {
  const fileBytes = Math.ceil(config.mappedFileSizeConsumeQueue / entryBytes) * entryBytes
  const ext = { directory: folder.consumeQueueExt, fileBytes: config.mappedFileSizeConsumeQueueExt }
  const setting: ConsumeQueueSetting = { disk: io.disk, openFiles, pages, directory: folder.consumeQueues, fileBytes }
  if (config.enableConsumeQueueExt) setting.ext = ext
  return new ConsumeQueues(setting, io.clock, (error) =>
    logger.error({ error }, 'consume queues could not be written; it is tried again'),
  )
}

const createWritePath = (
  { io, logger, config, level, folder }: Base,
  parts: { log: CommitLog; appender: Appender; dispatcher: Dispatcher },
  onVisible: () => void,
): WritePath =>
  new WritePath({
    clock: io.clock,
    logger,
    ...parts,
    level,
    flushIntervalMs: config.flushIntervalCommitLog,
    flushTimeoutMs: config.syncFlushTimeout,
    spaceText: () => spaceText(spaceOf(io.disk, folder.commitLog)),
    onVisible,
  })

function createIndex({ io, config, folder, openFiles }: Base): KeyIndex {
  const { maxHashSlotNum: slots, maxIndexNum: entries } = config
  return new KeyIndex({ disk: io.disk, openFiles, slots, entries }, folder.index, io.clock)
}
