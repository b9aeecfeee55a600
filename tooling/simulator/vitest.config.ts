import { mergeConfig } from 'vitest/config'
import { packageTests } from '../build/vitest.js'

// Thousands of clusters come and go: minutes on a small machine.
export default mergeConfig(packageTests('simulator'), { test: { testTimeout: 900_000, hookTimeout: 900_000 } })
