/*
 * Parts for engines of your own, behind the door `@mq/store/engine`: what all engines have to do alike.
 */
export { Acknowledgements } from './acknowledgements.js'
export { ArrivalListeners } from './arrival-listeners.js'
export { answerGet, answerOutside, type GetLimits, type ReadableQueue } from './get-answer.js'
export { checkDocumentName, FileDocuments, parseDocument } from './documents.js'
export { engineSettings, type EngineSettings } from './engine-settings.js'
export { lockFolder } from './folder-lock.js'
export { GroupWriter, type GroupWriterOptions, type WriteFailure } from './group-writer.js'
export { hasEntry } from './has-entry.js'
export { hasKey } from './message-keys.js'
export { offsetByTime } from './offset-by-time.js'
export type { GrowingQueue, QueueFinder } from './placer.js'
export { QueueTable } from './queue-table.js'
export { RecordEncoder, type RecordEncoderOptions, type RecordPlace, refused } from './record-encoder.js'
export { StoredRecord } from './stored-record.js'
