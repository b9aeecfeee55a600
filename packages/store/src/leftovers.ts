import type { Disk, Logger } from '@mq/io'
import { readInt64 } from '@mq/protocol'
import { StoreError } from './message-store.js'
import { readStart } from './read-start.js'

/** Something in a store's folder that others left there and we do not read. Paths are below the folder. */
interface Leftover {
  path: string
  what: string
  /** What is lost by opening the folder without it, and what to do. */
  consequence: string
}

const elsewhere = "use another folder, or go on with Apache's broker"
const exportFirst = 'write them as JSON first (mqadmin rocksDBConfigToJson of 5.x), or use another folder'

/** Without these, messages or offsets would be missing or wrong. */
const refused: readonly Leftover[] = [
  {
    path: 'consumequeue/CURRENT',
    what: 'consume queues in RocksDB (storeType=defaultRocksDB)',
    consequence: elsewhere,
  },
  { path: 'epochFileCheckpoint', what: 'a log in controller mode (enableControllerMode)', consequence: elsewhere },
  { path: 'batchconsumequeue', what: 'topics of batch consume queues (queue.type=BatchCQ)', consequence: elsewhere },
  { path: 'config/rdb', what: 'topics, groups and offsets in RocksDB', consequence: exportFirst },
  { path: 'config/topics', what: 'topics in RocksDB', consequence: exportFirst },
  { path: 'config/subscriptionGroups', what: 'groups in RocksDB', consequence: exportFirst },
  { path: 'config/consumerOffsets', what: 'consumer offsets in RocksDB', consequence: exportFirst },
  { path: 'store.sqlite', what: 'a store in SQLite (@mq/store-sqlite)', consequence: 'use another folder' },
]

/** Left alone: what they hold is not lost, and goes on when Apache's broker has the folder again. */
const ignored: readonly Leftover[] = [
  {
    path: 'consumequeue_rocksdb',
    what: 'consume queues in RocksDB',
    consequence: 'the queues are made from the commit log instead',
  },
  {
    path: 'kvStore',
    what: 'the state of pop consumers in RocksDB',
    consequence: 'messages that were popped and not acknowledged do not come again',
  },
  {
    path: 'compaction/compactionLog',
    what: 'compacted topics (cleanup.policy=COMPACTION)',
    consequence: 'of these topics there is what the commit log has',
  },
  {
    path: 'config/tieredStoreMetadata.json',
    what: 'a tiered store',
    consequence: 'messages that are only there are not served',
  },
]

/**
 * Looks for what 5.x, DLedger and other engines may have left in a folder. Throws `StoreError` `FORMAT` for what cannot be passed over; what can
 * be is said in the log.
 */
export function checkLeftovers(disk: Disk, root: string, logger: Logger): void {
  const dledger = disk.list(root).find((name) => name.startsWith('dledger-'))
  const raft = { path: dledger ?? '', what: 'a log in DLedger format (enableDLegerCommitLog)', consequence: elsewhere }
  for (const { path, what, consequence } of dledger === undefined ? refused : [raft, ...refused]) {
    if (!isThere(disk, `${root}/${path}`)) continue
    const place = `${root} holds ${what}, found as ${root}/${path}`
    throw new StoreError('FORMAT', `${place}, which cannot be opened: ${consequence}`)
  }
  for (const { path, what, consequence } of ignored) {
    if (isThere(disk, `${root}/${path}`))
      logger.warn({ path: `${root}/${path}` }, `${root}/${path} is passed over, it holds ${what}: ${consequence}`)
  }
  const waiting = waitingInTimer(disk, root)
  if (waiting > 0)
    logger.warn(
      { waiting },
      `${root}/timerwheel is passed over: ${waiting} messages wait in the timer of 5.x until Apache's broker has the folder again`,
    )
}

/** A file, or a folder with something in it. */
function isThere(disk: Disk, path: string): boolean {
  const found = disk.stat(path)
  return found !== undefined && (!found.directory || disk.list(path).length > 0)
}

/*
 * timerwheel: slots of time / precision:i64 | firstPos:i64 | lastPos:i64 | num:i32 | magic:i32; config/timercheck begins with the time
 * up to which messages have been delivered, ms:i64 (`TimerWheel`, `TimerCheckpoint`).
 */
const slotBytes = 32
const precisionMs = 1000
const chunkBytes = slotBytes * 32_768

/** Messages whose time had not come. The wheel is there even when nobody ever used it: then it is not read. */
function waitingInTimer(disk: Disk, root: string): number {
  const path = `${root}/timerwheel`
  if (!disk.exists(`${root}/consumequeue/rmq_sys_wheel_timer`) || !disk.exists(path)) return 0
  const check = readStart(disk, `${root}/config/timercheck`, 8)
  const deliveredMs = check?.length === 8 ? readInt64(check, 0) : 0
  const file = disk.open(path, { readOnly: true })
  try {
    return countSlots(file.size(), (target, at) => file.readNow(target, at), deliveredMs)
  } finally {
    file.close()
  }
}

function countSlots(size: number, read: (target: Buffer, at: number) => number, deliveredMs: number): number {
  const chunk = Buffer.alloc(chunkBytes)
  let waiting = 0
  for (let from = 0; from < size; from += chunkBytes) {
    const got = read(chunk, from)
    for (let at = 0; at + slotBytes <= got; at += slotBytes) {
      const count = chunk.readInt32BE(at + 24)
      if (count > 0 && readInt64(chunk, at) * precisionMs >= deliveredMs) waiting += count
    }
  }
  return waiting
}
