import { defineConfig } from 'vitest/config'
import { SummaryReporter } from './tooling/build/summary-reporter.js'

export default defineConfig({
  test: {
    projects: ['packages/*', 'apps/*', 'examples', 'tooling/interop', 'tooling/simulator'],
    reporters: ['default', new SummaryReporter()],
  },
})
