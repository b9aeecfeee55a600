import { type Logger, silentLogger } from '@mq/io'
import { parseDelayLevels } from '@mq/protocol'
import type { AcknowledgementLevel, EngineOptions } from './message-store.js'
import { storeConfigTable, type StoreConfig } from './store-config.js'

/** What an engine was made with, nothing left open. */
export interface EngineSettings extends EngineOptions {
  logger: Logger
  config: StoreConfig
  reservedHours: () => number
  /** Of the delay levels, ms. */
  delaysMs: readonly number[]
  /** What `flushDiskType` asks for. */
  level: AcknowledgementLevel
}

/** Puts in the defaults. Throws where `messageDelayLevel` cannot be read. */
export function engineSettings(options: EngineOptions): EngineSettings {
  const config = { ...storeConfigTable.defaults(), ...options.config }
  return {
    ...options,
    config,
    logger: options.logger ?? silentLogger,
    reservedHours: options.reservedHours ?? (() => config.fileReservedTime),
    delaysMs: parseDelayLevels(config.messageDelayLevel),
    level: config.flushDiskType === 'SYNC_FLUSH' ? 'flushed' : 'received',
  }
}
