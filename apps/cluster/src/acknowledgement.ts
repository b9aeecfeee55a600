import type { MessageStore } from '@mq/store'

/** What an acknowledged message has survived, in words. */
export function acknowledgementText(level: MessageStore['acknowledges'], memory = false): string {
  if (memory) return 'when in memory: nothing survives the end of this process (--memory)'
  return level === 'flushed'
    ? 'when flushed to disk: survives a power loss (flushDiskType=SYNC_FLUSH)'
    : 'when written: survives the end of the process, not a power loss (flushDiskType=ASYNC_FLUSH)'
}
