import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { outcomesOf, type Report } from '../src/compatibility/results.js'
import { compatibilityPage } from '../src/compatibility/table.js'
import { semantics } from '../src/semantics.js'

const info = { date: '2026-01-01', node: '20.0.0', platform: 'linux' }

const report = (...tests: [semantic: string, title: string, status: string][]): Report => ({
  testResults: [
    {
      name: 'order.test.ts',
      assertionResults: tests.map(([semantic, title, status]) => ({
        ...{ ancestorTitles: [semantic], title, status },
        failureMessages: status === 'failed' ? ['Error: not so\n    at somewhere'] : [],
      })),
    },
  ],
})

const first = ([semantic]: readonly string[]) => semantic
const rowOf = (page: string, semantic: string) => page.split('\n').find((line) => line.startsWith(`| ${semantic} `))

test('what passed, what failed, and what was not run', () => {
  const outcomes = outcomesOf(
    report(
      ['batch', 'one', 'passed'],
      ['batch', 'other', 'passed'],
      ['ordered messages', 'in order', 'passed'],
      ['ordered messages', 'in place', 'failed'],
      ['transactions', 'commit', 'skipped'],
    ),
    first,
  )
  const page = compatibilityPage(
    [
      { name: 'A', note: 'here', outcomes },
      { name: 'B', note: 'not run: no Java', outcomes: undefined },
    ],
    info,
  )
  expect(rowOf(page, 'batch')).toBe('| batch | ok (2) | not run |')
  expect(rowOf(page, 'ordered messages')).toBe('| ordered messages | **failed** (1 of 2) | not run |')
  expect(rowOf(page, 'transactions')).toBe('| transactions | not run | not run |')
  expect(page).toContain('- A, ordered messages, "in place": Error: not so\n')
  expect(page).toContain('- **B**: not run: no Java')
})

test('a test of no semantic, and a file that could not be run, are no table', () => {
  expect(() => outcomesOf(report(['something else', 'x', 'passed']), first)).toThrow('belongs to no semantic')
  const broken = { testResults: [{ name: 'a.test.ts', message: 'no cluster', assertionResults: [] }] }
  expect(() => outcomesOf(broken, first)).toThrow('no test of a.test.ts was run: no cluster')
})

test('the page has a row for each semantic', () => {
  const page = readFileSync(new URL('../../../docs/compatibility.md', import.meta.url), 'utf8')
  const rows = page.split('\n').filter((line) => line.startsWith('| '))
  expect(rows.slice(2).map((line) => line.split('|')[1]!.trim())).toEqual([...semantics])
})
