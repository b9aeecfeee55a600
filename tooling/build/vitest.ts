import { defineConfig } from 'vitest/config'

/**
 * The test set-up every package shares: siblings are read from their sources, so tests need no build. The time a test may take
 * is there for one that hangs, not for a machine that is busy.
 */
export const packageTests = (name: string) =>
  defineConfig({
    resolve: { conditions: ['@mq/source'] },
    ssr: { resolve: { conditions: ['@mq/source'] } },
    test: { name, include: ['test/**/*.test.ts'], environment: 'node', testTimeout: 30_000 },
  })
