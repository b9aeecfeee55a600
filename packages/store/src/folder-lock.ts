import { type Disk, IoError } from '@mq/io'
import { StoreError } from './message-store.js'

/** Makes a store's folder when it is missing, and makes sure that no other process uses it. Throws `StoreError`. */
export function lockFolder(disk: Disk, root: string): { release(): void } {
  return asStoreErrors(root, () => {
    disk.makeDirectory(root)
    return disk.lock(`${root}/lock`)
  })
}

/** Does something in a store's folder. What the disk refuses is thrown as `StoreError`. */
export function asStoreErrors<T>(root: string, run: () => T): T {
  try {
    return run()
  } catch (error) {
    throw asStoreError(error, root)
  }
}

function asStoreError(error: unknown, root: string): unknown {
  if (!(error instanceof IoError)) return error
  if (error.code === 'LOCKED') return new StoreError('IN_USE', error.message, { cause: error })
  if (error.code === 'NO_SPACE') return new StoreError('NO_SPACE', error.message, { cause: error })
  return new StoreError('NOT_WRITABLE', `cannot use the folder ${root}: ${error.message}. Check its rights`, {
    cause: error,
  })
}
