import type { Reporter, TestCase, TestModule } from 'vitest/node'

/**
 * The last words of a test run: every skipped test with its reason, then `N passed, N failed`. With CI=true a skip makes the
 * run fail, because there it would hide that nothing was tested.
 */
export class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()])
    const inState = (state: string) => tests.filter((test) => test.result().state === state)
    // A file that cannot even be read is a failure too, and so is an error outside of any test.
    const broken = modules.filter((module) => module.errors().length > 0).length + unhandledErrors.length
    const skipped = inState('skipped')
    for (const test of skipped) console.log(`skipped: ${nameOf(test)}${reasonOf(test)}`)
    if (skipped.length > 0 && process.env['CI'] === 'true') process.exitCode = 1
    const counts = [`${inState('passed').length} passed`, `${inState('failed').length + broken} failed`]
    if (skipped.length > 0) counts.push(`${skipped.length} skipped`)
    console.log(counts.join(', '))
  }
}

const nameOf = (test: TestCase): string => `${test.module.relativeModuleId} > ${test.fullName}`

function reasonOf(test: TestCase): string {
  const result = test.result()
  const note = result.state === 'skipped' ? result.note : undefined
  if (note !== undefined) return `: ${note}`
  return /skipped:/.test(test.fullName) ? '' : ': no reason is given'
}
