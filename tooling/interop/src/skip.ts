import { missingToolchain, type Toolchain } from '@mq/foreign'
import { describe } from 'vitest'

/**
 * Tests that need other people's toolchains. Where one is missing they are skipped with the reason in their name; under
 * CI=true they run, and fail, because there a skip would hide that nothing was tested.
 */
export function describeWith(toolchains: Toolchain[], name: string, tests: () => void): void {
  const missing = missingToolchain(...toolchains)
  if (missing === undefined || process.env['CI'] === 'true') describe(name, tests)
  else describe.skip(`${name} (skipped: ${missing})`, tests)
}
