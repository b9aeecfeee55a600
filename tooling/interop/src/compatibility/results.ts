import { semantics, type Semantic } from '../semantics.js'

/** How a semantic's tests ended. */
export interface Outcome {
  passed: number
  /** Names of tests that failed, with what they said. */
  failed: { test: string; reason: string }[]
}

/** By semantic. What is missing was not run. */
export type Outcomes = Map<Semantic, Outcome>

/** What is needed of vitest's JSON report. */
export interface Report {
  testResults: {
    name: string
    message?: string
    assertionResults: {
      ancestorTitles: string[]
      title: string
      status: string
      failureMessages?: string[] | null
    }[]
  }[]
}

/**
 * Sorts the tests of a report by the semantic they belong to; `semanticOf` gets the titles from the outermost `describe` to the
 * test. Throws when a test belongs to none, or a file could not be run: a table without them would look better than things are.
 */
export function outcomesOf(report: Report, semanticOf: (titles: readonly string[]) => string | undefined): Outcomes {
  const outcomes: Outcomes = new Map()
  for (const { name, message, assertionResults } of report.testResults) {
    if (assertionResults.length === 0) throw new Error(`no test of ${name} was run: ${message || 'no reason is given'}`)
    for (const { ancestorTitles, title, status, failureMessages } of assertionResults) {
      const titles = [...ancestorTitles, title]
      const semantic = semanticOf(titles)
      if (semantic === undefined) continue
      if (!isSemantic(semantic)) throw new Error(`'${titles.join(' > ')}' of ${name} belongs to no semantic`)
      const outcome = outcomes.get(semantic) ?? { passed: 0, failed: [] }
      if (status === 'passed') outcome.passed++
      else if (status === 'failed') outcome.failed.push({ test: title, reason: firstLine(failureMessages) })
      else continue
      outcomes.set(semantic, outcome)
    }
  }
  return outcomes
}

const isSemantic = (name: string): name is Semantic => (semantics as readonly string[]).includes(name)

const firstLine = (messages: readonly string[] | null | undefined): string =>
  messages?.[0]?.split('\n')[0] ?? 'no reason is given'
