import type { StoreEngine } from '@mq/store'
import { findDriver } from './find-driver.js'
import { sqliteEngine } from './sqlite-store.js'

/** What `mq start --store sqlite` calls: an engine with the SQLite library that is there. Rejects with `NoDriverError`. */
export const loadEngine = async (): Promise<StoreEngine> => sqliteEngine(await findDriver())
