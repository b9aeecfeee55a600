import { mergeConfig } from 'vitest/config'
import { packageTests } from '../../tooling/build/vitest.js'

// Many of these tests are processes: on a busy machine each takes its seconds.
export default mergeConfig(packageTests('cluster'), { test: { testTimeout: 60_000, hookTimeout: 60_000 } })
