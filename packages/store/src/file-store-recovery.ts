import type { FileStoreParts } from './file-store-parts.js'
import { recover, type Recovered } from './recovery.js'
import { ProgressTeller, type RecoveryProgress } from './recovery-progress.js'

/** Only a log that Apache's broker wrote can have more that is not summed yet: no stop waits for that. */
const summedAtClose = 64 << 20
/** Nobody else needs the threads then. */
const syncsAtOnce = 4

/** Reads what is in the folder and makes it whole, so that the parts can go on from there. */
export async function recoverParts(
  parts: FileStoreParts,
  onRecovery: ((progress: RecoveryProgress) => void) | undefined,
): Promise<void> {
  const { io, logger, config, folder, log, queues, index, checkpoint, sums, damages } = parts
  const clean = folder.wasLeftInOrder
  checkpoint.load()
  damages.load()
  sums?.begin(checkpoint.note)
  if (!clean) parts.documentSums?.clear()
  log.files.load(!clean, 'mappedFileSizeCommitLog')
  queues.load(!clean)
  index?.load(!clean)
  if (index) index.safeTimestamp = checkpoint.times.index
  const isExtended = !config.enableConsumeQueueExt && io.disk.list(folder.consumeQueueExt).length > 0
  const recovered = recover({
    folder,
    log,
    queues,
    index,
    checkpoint,
    clean,
    // Their entries lead through files that are not kept any more.
    distrust: isExtended ? 'they are extended, which enableConsumeQueueExt=false ends' : undefined,
    checkCrc: config.checkCRCOnRecover,
    delaysMs: parts.delaysMs,
    damages,
    sums,
    nowMs: io.clock.now(),
    progress: new ProgressTeller(io.clock, logger, onRecovery),
    logger,
  })
  queues.started()
  const timestamp = Math.max(recovered.lastStoreTimestamp, checkpoint.times.physic)
  parts.writePath.storeTimestamp = parts.dispatcher.timestamp = timestamp
  parts.indexer?.start(log.end)
  parts.checksums?.start(recovered.start)
  const { records, rebuilt } = recovered
  if (!clean || records > 0 || rebuilt !== undefined) await keepRecovered(parts, recovered, clean)
  if (isExtended) io.disk.removeTree(folder.consumeQueueExt)
}

/** What is served from now on must last, also when the process that wrote it was stopped before it could see to that. */
async function keepRecovered(
  { log, queues, index, checksums, dispatcher, checkpoint, logger }: FileStoreParts,
  { start, unsureFrom, records, rebuilt }: Recovered,
  clean: boolean,
): Promise<void> {
  // After a sync that failed the system holds bytes that it believes to be on the disk: only what is written anew is synced.
  log.files.writeAgain(unsureFrom, log.end)
  log.files.syncNowFrom(start)
  queues.writeAll()
  index?.flush()
  await queues.syncAll(syncsAtOnce)
  await index?.sync()
  await checksums?.sync()
  const { timestamp } = dispatcher
  checkpoint.times = { ...checkpoint.times, physic: timestamp, logics: timestamp }
  const data = { records, end: log.end }
  if (rebuilt !== undefined) logger.warn(data, `recovered with new consume queues: ${records} records read`)
  else if (!clean) logger.warn(data, `recovered after a stop without notice: ${records} records read`)
  else logger.info(data, `completed consume queues and index: ${records} records read`)
}

/** Completes all files, so that the next start finds nothing to do, and Apache's broker a folder of its own kind. */
export async function leaveInOrder(parts: FileStoreParts): Promise<void> {
  const { log, queues, index, checksums } = parts
  queues.writeAll()
  await queues.syncAll(syncsAtOnce)
  parts.indexer?.catchUp()
  index?.finish()
  await index?.sync()
  await checksums?.finish(summedAtClose)
  log.removeUnusedFile()
  parts.checkpointer.finish(log.end)
  parts.folder.markLeftInOrder()
}
