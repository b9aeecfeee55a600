import { defineConfig } from 'vitest/config'

/** The test set-up every package shares: siblings are read from their sources, so tests need no build. */
export const packageTests = (name: string) =>
  defineConfig({
    resolve: { conditions: ['@mq/source'] },
    ssr: { resolve: { conditions: ['@mq/source'] } },
    test: { name, include: ['test/**/*.test.ts'], environment: 'node' },
  })
