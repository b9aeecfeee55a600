export { createFileStore, type FileStoreOptions } from './file-store.js'
export { createMemoryStore, type MemoryStoreOptions } from './memory-store.js'
export * from './message-store.js'
export { storeConfigTable, type StoreConfig } from './store-config.js'
