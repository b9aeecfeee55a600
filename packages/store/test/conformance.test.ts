import { createFileStore } from '../src/file-store.js'
import { createMemoryStore } from '../src/memory-store.js'
import { describeMessageStore } from '../src/conformance/index.js'

describeMessageStore('the file engine', createFileStore)
describeMessageStore('the file engine with ASYNC_FLUSH', (options) =>
  createFileStore({ ...options, config: { ...options.config, flushDiskType: 'ASYNC_FLUSH' } }),
)
describeMessageStore('the memory engine', createMemoryStore, { durable: false })
