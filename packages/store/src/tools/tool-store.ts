import { type Disk, IoError } from '@mq/io'
import { CommitLog } from '../commit-log.js'
import { StoreError } from '../message-store.js'
import { OpenFiles } from '../open-files.js'
import { PageCache } from '../page-cache.js'
import { storeConfigTable, type StoreConfig } from '../store-config.js'
import { StoreFolder } from '../store-folder.js'

/** A store's folder as tools see it: opened by nobody else meanwhile, and for reading only but for repair. */
export interface ToolStore {
  disk: Disk
  openFiles: OpenFiles
  folder: StoreFolder
  config: StoreConfig
  log: CommitLog
  /** The last process stopped in order. */
  clean: boolean
}

export interface ToolOptions {
  disk: Disk
  /** The store's folder. */
  directory: string
  /** What differs from RocketMQ's defaults. File sizes that are not given are taken from the files. */
  config?: Partial<StoreConfig>
  /** Default true. */
  readOnly?: boolean
}

/**
 * Opens a folder for `use`, and lets go of it. Throws `StoreError`: `IN_USE` while a process has it, `FORMAT` when it is none of
 * ours, or its commit log files do not fit each other.
 */
export function withToolStore<T>(
  { disk, directory, config, readOnly = true }: ToolOptions,
  use: (store: ToolStore) => T,
): T {
  const settings = { ...storeConfigTable.defaults(), ...config }
  const folder = new StoreFolder(disk, directory, settings.storePathCommitLog)
  if (disk.exists(`${directory}/store.sqlite`))
    throw new StoreError(
      'FORMAT',
      `${directory} holds a store in SQLite: look into it with verifySqliteStore and dumpSqliteStore of @mq/store-sqlite`,
    )
  if (!disk.exists(folder.commitLog))
    throw new StoreError(
      'FORMAT',
      `${directory} is no store: there is no ${folder.commitLog}. Give the folder it lies in`,
    )
  const lock = lockOf(disk, directory)
  const openFiles = new OpenFiles(disk, 512, readOnly)
  try {
    const log = new CommitLog(disk, openFiles, new PageCache(0), {
      directory: folder.commitLog,
      fileBytes:
        config?.mappedFileSizeCommitLog ?? fileSizeIn(disk, folder.commitLog) ?? settings.mappedFileSizeCommitLog,
      tailBytes: 0,
    })
    log.files.load(!folder.wasLeftInOrder, 'mappedFileSizeCommitLog', readOnly)
    return use({ disk, openFiles, folder, config: settings, log, clean: folder.wasLeftInOrder })
  } finally {
    openFiles.closeAll()
    lock.release()
  }
}

function lockOf(disk: Disk, directory: string): { release(): void } {
  try {
    return disk.lock(`${directory}/lock`)
  } catch (error) {
    if (error instanceof IoError && error.code === 'LOCKED')
      throw new StoreError('IN_USE', error.message, { cause: error })
    throw error
  }
}

/** Size of the files of a sequence, of which new ones may be too short; undefined when there are none. */
export function fileSizeIn(disk: Disk, directory: string): number | undefined {
  const names = disk.list(directory).filter((name) => /^\d{20}$/.test(name))
  const size = Math.max(0, ...names.map((name) => disk.stat(`${directory}/${name}`)?.size ?? 0))
  return size > 0 ? size : undefined
}
