import { describe, test } from 'vitest'
import { describeMessageStore } from '../src/conformance/index.js'
import { createFileStore } from '../src/file-store.js'
import { createMemoryStore } from '../src/memory-store.js'

const runner = { describe, test }
const extended = { enableConsumeQueueExt: true, mappedFileSizeConsumeQueueExt: 110 }

describeMessageStore('the file engine', createFileStore, runner)
describeMessageStore(
  'the file engine with ASYNC_FLUSH',
  (options) => createFileStore({ ...options, config: { ...options.config, flushDiskType: 'ASYNC_FLUSH' } }),
  runner,
)
describeMessageStore(
  'the file engine with extension files',
  (options) => createFileStore({ ...options, config: { ...options.config, ...extended } }),
  runner,
)
describeMessageStore('the memory engine', createMemoryStore, runner, { durable: false })
