import { configTable, configValue as value, type ConfigOf, defaultDelayLevels, parseDelayLevels } from '@mq/protocol'

const { bool, int, long, oneOf, text, checked } = value

const planned = { status: 'planned' } as const
const javaOnly = { status: 'java-only' } as const
const implemented = { status: 'implemented' } as const
const percent = () => int({ min: 1, max: 100 })
const periodMs = () => int({ min: 1 })

/** Hours of a day, separated by `;`. */
const hours = () =>
  checked((given) =>
    given.split(';').every((hour) => /^([01]?\d|2[0-3])$/.test(hour.trim()))
      ? undefined
      : 'hours from 00 to 23, separated by ;',
  )

const delayLevels = () =>
  checked((given) => {
    try {
      parseDelayLevels(given)
      return undefined
    } catch {
      return "a list of delays such as '1s 5s 1m 2h'"
    }
  })

const roles = () =>
  checked((given) =>
    given === 'ASYNC_MASTER' ? undefined : 'ASYNC_MASTER, because SYNC_MASTER and SLAVE are not implemented yet',
  )

/** Keys of RocketMQ's `MessageStoreConfig`, with its defaults (4.7.1) but where the line says otherwise. */
export const storeConfigTable = configTable('store', {
  storePathRootDir: {
    schema: text(),
    default: undefined,
    doc: 'Folder of the store.',
    ...implemented,
    important: true,
  },
  storePathCommitLog: {
    schema: text(),
    default: undefined,
    doc: 'Folder of the commit log. Default: commitlog in storePathRootDir.',
    ...implemented,
    important: true,
  },
  mappedFileSizeCommitLog: {
    schema: long({ min: 1024 }),
    default: 1_073_741_824,
    doc: 'Bytes of a commit log file.',
    ...implemented,
  },
  mappedFileSizeConsumeQueue: {
    schema: int({ min: 20 }),
    default: 6_000_000,
    doc: 'Bytes of a consume queue file; rounded up to a multiple of 20.',
    ...implemented,
  },
  flushDiskType: {
    schema: oneOf('SYNC_FLUSH', 'ASYNC_FLUSH'),
    default: 'SYNC_FLUSH',
    doc: 'SYNC_FLUSH: acknowledged messages survive a power loss. ASYNC_FLUSH: only the end of the process. RocketMQ: ASYNC_FLUSH.',
    ...implemented,
    important: true,
  },
  brokerRole: {
    schema: roles(),
    default: 'ASYNC_MASTER',
    doc: 'Part in replication.',
    ...implemented,
    important: true,
  },
  flushIntervalCommitLog: {
    schema: periodMs(),
    default: 500,
    doc: 'ASYNC_FLUSH: ms between flushes.',
    ...implemented,
    important: true,
  },
  flushIntervalConsumeQueue: {
    schema: periodMs(),
    default: 1000,
    doc: 'Ms between writings of consume queues.',
    ...implemented,
  },
  flushConsumeQueueThoroughInterval: {
    schema: periodMs(),
    default: 60_000,
    doc: 'Ms between checkpoints.',
    ...implemented,
  },
  syncFlushTimeout: {
    schema: periodMs(),
    default: 5000,
    doc: 'SYNC_FLUSH: ms until a send is answered FLUSH_DISK_TIMEOUT.',
    ...implemented,
  },
  deleteWhen: {
    schema: hours(),
    default: '04',
    doc: 'Hours of the day in which old files are deleted, separated by ;.',
    ...implemented,
    important: true,
  },
  fileReservedTime: {
    schema: int({ min: 0 }),
    default: 72,
    doc: 'Hours a commit log file is kept after its last change.',
    ...implemented,
    important: true,
    changeable: true,
  },
  diskMaxUsedSpaceRatio: {
    schema: percent(),
    default: 75,
    doc: 'Percent of the disk from which old files are deleted at any hour.',
    ...implemented,
  },
  diskSpaceCleanForciblyRatio: {
    schema: percent(),
    default: 85,
    doc: 'Percent of the disk from which files are deleted that are not old yet (5.x key).',
    ...implemented,
  },
  diskSpaceWarningLevelRatio: {
    schema: percent(),
    default: 90,
    doc: 'Percent of the disk from which messages are refused (5.x key).',
    ...implemented,
  },
  diskMinFreeSpaceBytes: {
    schema: long({ min: 0 }),
    default: 0,
    doc: "Bytes that are to stay free: with less, files are deleted as over diskSpaceCleanForciblyRatio, and messages refused (MQ's own).",
    ...implemented,
  },
  cleanFileForciblyEnable: {
    schema: bool(),
    default: true,
    doc: 'Delete files that are not old yet when the disk fills up.',
    ...implemented,
    important: true,
  },
  cleanResourceInterval: {
    schema: periodMs(),
    default: 10_000,
    doc: 'Ms between looks for files to delete.',
    ...implemented,
  },
  deleteCommitLogFilesInterval: {
    schema: int({ min: 0 }),
    default: 100,
    doc: 'Ms between deletions of commit log files.',
    ...implemented,
  },
  maxMessageSize: { schema: int({ min: 1 }), default: 4_194_304, doc: 'Longest record, bytes.', ...implemented },
  messageDelayLevel: {
    schema: delayLevels(),
    default: defaultDelayLevels,
    doc: 'Delays of levels 1, 2, …',
    ...implemented,
  },
  maxTransferBytesOnMessageInMemory: {
    schema: int({ min: 1 }),
    default: 262_144,
    doc: 'Bytes of a pull near the end of the log.',
    ...implemented,
    important: true,
  },
  maxTransferCountOnMessageInMemory: {
    schema: int({ min: 1 }),
    default: 32,
    doc: 'Messages of a pull near the end of the log.',
    ...implemented,
    important: true,
  },
  maxTransferBytesOnMessageInDisk: {
    schema: int({ min: 1 }),
    default: 65_536,
    doc: 'Bytes of a pull far back.',
    ...implemented,
    important: true,
  },
  maxTransferCountOnMessageInDisk: {
    schema: int({ min: 1 }),
    default: 8,
    doc: 'Messages of a pull far back.',
    ...implemented,
    important: true,
  },
  accessMessageInMemoryMaxRatio: {
    schema: int({ min: 0, max: 100 }),
    default: 40,
    doc: 'Percent of the memory behind the end of the log from where on a pull counts as far back; 0: every pull does.',
    ...implemented,
    important: true,
  },
  messageIndexEnable: {
    schema: bool(),
    default: true,
    doc: 'Keep an index of message keys.',
    ...implemented,
    important: true,
  },
  maxHashSlotNum: { schema: int({ min: 1 }), default: 5_000_000, doc: 'Hash slots of an index file.', ...implemented },
  maxIndexNum: { schema: int({ min: 2 }), default: 20_000_000, doc: 'Entries of an index file.', ...implemented },
  maxMsgsNumBatch: {
    schema: int({ min: 1 }),
    default: 64,
    doc: 'Most messages a query by key answers.',
    ...implemented,
  },
  defaultQueryMaxNum: {
    schema: int({ min: 1 }),
    default: 32,
    doc: 'Messages a query by unique key looks for.',
    ...implemented,
  },
  checkCRCOnRecover: { schema: bool(), default: true, doc: 'Check body checksums in recovery.', ...implemented },

  haListenPort: { schema: value.port(), default: 10_912, doc: 'Port slaves connect to.', ...planned },
  haMasterAddress: {
    schema: text(),
    default: undefined,
    doc: 'Address of the master, on a slave.',
    ...planned,
    important: true,
  },
  haSendHeartbeatInterval: { schema: periodMs(), default: 5000, doc: 'Ms between beats to slaves.', ...planned },
  haHousekeepingInterval: {
    schema: periodMs(),
    default: 20_000,
    doc: 'Ms of silence after which a slave counts as gone.',
    ...planned,
  },
  haTransferBatchSize: { schema: int({ min: 1 }), default: 32_768, doc: 'Bytes sent to a slave at once.', ...planned },
  haSlaveFallbehindMax: {
    schema: long(),
    default: 268_435_456,
    doc: 'Bytes a slave may be behind and still count.',
    ...planned,
  },
  offsetCheckInSlave: { schema: bool(), default: false, doc: 'Slaves correct offsets too.', ...planned },
  enableConsumeQueueExt: {
    schema: bool(),
    default: false,
    doc: 'Keep extension files of consume queues, without bit maps.',
    ...implemented,
  },
  mappedFileSizeConsumeQueueExt: {
    // One unit and the mark at the end of a file.
    schema: int({ min: 24 }),
    default: 50_331_648,
    doc: 'Bytes of an extension file.',
    ...implemented,
  },
  bitMapLengthConsumeQueueExt: {
    schema: int({ min: 0 }),
    default: 64,
    doc: 'Bits of the bit map of filters in extension files.',
    ...planned,
  },
  duplicationEnable: { schema: bool(), default: false, doc: 'Dispatch only what is confirmed.', ...planned },
  enableDLegerCommitLog: { schema: bool(), default: false, doc: 'Raft commit log.', ...planned },
  dLegerGroup: { schema: text(), default: undefined, doc: 'Group of a raft commit log.', ...planned },
  dLegerPeers: { schema: text(), default: undefined, doc: 'Members of a raft commit log.', ...planned },
  dLegerSelfId: { schema: text(), default: undefined, doc: 'Own name among them.', ...planned },
  storeType: { schema: text(), default: 'default', doc: 'Kind of consume queue (5.x).', ...planned },
  timerWheelEnable: { schema: bool(), default: false, doc: 'Messages with any delay (5.x).', ...planned },
  timerMaxDelaySec: { schema: int({ min: 1 }), default: 259_200, doc: 'Longest such delay, s (5.x).', ...planned },
  timerPrecisionMs: { schema: periodMs(), default: 1000, doc: 'Their precision, ms (5.x).', ...planned },
  totalReplicas: { schema: int({ min: 1 }), default: 1, doc: 'Replicas there are (5.x).', ...planned },
  inSyncReplicas: {
    schema: int({ min: 1 }),
    default: 1,
    doc: 'Replicas an acknowledgement waits for (5.x).',
    ...planned,
  },
  minInSyncReplicas: { schema: int({ min: 1 }), default: 1, doc: 'The same, at least (5.x).', ...planned },
  slaveTimeout: { schema: periodMs(), default: 3000, doc: 'Ms to wait for replicas (5.x).', ...planned },
  maxTopicLength: { schema: int({ min: 1 }), default: 127, doc: 'Longest topic name (5.x).', ...planned },

  commitIntervalCommitLog: {
    schema: periodMs(),
    default: 200,
    doc: 'Ms between commits of the transient store pool.',
    ...javaOnly,
    important: true,
  },
  flushCommitLogTimed: {
    schema: bool(),
    default: false,
    doc: 'Sleep instead of wait between flushes.',
    ...javaOnly,
    important: true,
  },
  flushCommitLogLeastPages: { schema: int({ min: 0 }), default: 4, doc: 'Dirty pages a flush is worth.', ...javaOnly },
  commitCommitLogLeastPages: {
    schema: int({ min: 0 }),
    default: 4,
    doc: 'Dirty pages a commit is worth.',
    ...javaOnly,
  },
  flushConsumeQueueLeastPages: {
    schema: int({ min: 0 }),
    default: 2,
    doc: 'Dirty pages a flush of a consume queue is worth.',
    ...javaOnly,
  },
  flushCommitLogThoroughInterval: {
    schema: periodMs(),
    default: 10_000,
    doc: 'Ms after which any dirty page is flushed.',
    ...javaOnly,
  },
  commitCommitLogThoroughInterval: {
    schema: periodMs(),
    default: 200,
    doc: 'Ms after which any page is committed.',
    ...javaOnly,
  },
  destroyMapedFileIntervalForcibly: {
    schema: periodMs(),
    default: 120_000,
    doc: 'Ms until a file in use is unmapped.',
    ...javaOnly,
  },
  redeleteHangedFileInterval: {
    schema: periodMs(),
    default: 120_000,
    doc: 'Ms until a deletion is tried again.',
    ...javaOnly,
  },
  useReentrantLockWhenPutMessage: {
    schema: bool(),
    default: false,
    doc: 'Kind of lock around an append.',
    ...javaOnly,
  },
  transientStorePoolEnable: {
    schema: bool(),
    default: false,
    doc: 'Append to direct memory first.',
    ...javaOnly,
    important: true,
  },
  transientStorePoolSize: { schema: int({ min: 0 }), default: 5, doc: 'Buffers of that pool.', ...javaOnly },
  fastFailIfNoBufferInStorePool: {
    schema: bool(),
    default: false,
    doc: 'Refuse when that pool is empty.',
    ...javaOnly,
  },
  warmMapedFileEnable: { schema: bool(), default: false, doc: 'Touch the pages of new files.', ...javaOnly },
  messageIndexSafe: {
    schema: bool(),
    default: false,
    doc: 'Recovery starts where the index is complete: always so.',
    ...javaOnly,
    important: true,
  },
  flushLeastPagesWhenWarmMapedFile: {
    schema: int({ min: 0 }),
    default: 4096,
    doc: 'Touched pages a flush is worth.',
    ...javaOnly,
  },
  deleteConsumeQueueFilesInterval: {
    schema: int({ min: 0 }),
    default: 100,
    doc: 'Ms between deletions of consume queue files, which are mapped in Java.',
    ...javaOnly,
  },
  putMsgIndexHightWater: { schema: int(), default: 600_000, doc: 'Read by no code of 4.7.1.', ...javaOnly },
  debugLockEnable: { schema: bool(), default: false, doc: 'Print stacks when a lock is held long.', ...javaOnly },
  diskFallRecorded: { schema: bool(), default: true, doc: 'Record how far readers are behind.', ...javaOnly },
  batchDispatchRequestThreadPoolNums: {
    schema: int({ min: 1 }),
    default: 16,
    doc: 'Threads that build consume queues (5.x).',
    ...javaOnly,
  },
  putConsumeQueueDataByFileChannel: {
    schema: bool(),
    default: true,
    doc: 'How consume queues are written (5.x).',
    ...javaOnly,
  },
})

export type StoreConfig = ConfigOf<typeof storeConfigTable.rows>
