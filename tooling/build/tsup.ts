import { defineConfig, type Options } from 'tsup'

/** The build every package shares: ESM, CommonJS and types, for Node 20 and later. */
export function packageBuild(entry: Record<string, string>, more: Options = {}) {
  return defineConfig({
    entry,
    format: ['esm', 'cjs'],
    target: 'node20',
    dts: true,
    clean: true,
    sourcemap: true,
    splitting: true,
    ...more,
  })
}
