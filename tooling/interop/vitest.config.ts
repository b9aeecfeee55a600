import { mergeConfig } from 'vitest/config'
import { packageTests } from '../build/vitest.js'

// Real processes of other people's software: they take seconds, and two at a time is what a small machine bears.
export default mergeConfig(packageTests('interop'), {
  test: { testTimeout: 180_000, hookTimeout: 180_000, fileParallelism: false },
})
