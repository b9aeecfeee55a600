import { semantics, type Semantic } from '../semantics.js'
import type { Outcomes } from './results.js'

export interface Column {
  name: string
  /** What it ran against, or why it did not. */
  note: string
  /** Undefined: not run. */
  outcomes: Outcomes | undefined
}

export interface RunInfo {
  date: string
  node: string
  platform: string
}

/** docs/compatibility.md: a row for each semantic, a column for each client and cluster, and what failed, one by one. */
export function compatibilityPage(columns: readonly Column[], { date, node, platform }: RunInfo): string {
  const header = ['Semantic', ...columns.map(({ name }) => name)]
  const rows = semantics.map((semantic) => [semantic, ...columns.map(({ outcomes }) => cell(outcomes, semantic))])
  return [
    '# Compatibility',
    '',
    '<!-- Written by `npm run compatibility`. Do not edit by hand. -->',
    '',
    `Each of RocketMQ's semantics, tried by Apache's Java clients on MQ, and by @mq/client on MQ and on Apache's brokers. This table`,
    `is what a run of \`npm run compatibility\` found on ${date} (Node.js ${node}, ${platform}): **ok** with the number of tests that`,
    'passed, **failed** with how many of them did, **not run** where nothing was tried.',
    '',
    line(header),
    line(header.map(() => '---')),
    ...rows.map(line),
    '',
    '## What the columns are',
    '',
    ...columns.map(({ name, note }) => `- **${name}**: ${note}`),
    '',
    "The Java columns are the cases of `tooling/interop/java/semantics`, one a semantic; the others are @mq/client's own tests",
    'in `packages/client/test/cluster`.',
    '',
    ...failures(columns),
  ].join('\n')
}

function cell(outcomes: Outcomes | undefined, semantic: Semantic): string {
  const outcome = outcomes?.get(semantic)
  if (outcome === undefined) return 'not run'
  const { passed, failed } = outcome
  return failed.length === 0 ? `ok (${passed})` : `**failed** (${failed.length} of ${passed + failed.length})`
}

function failures(columns: readonly Column[]): string[] {
  const lines = columns.flatMap(({ name, outcomes }) =>
    [...(outcomes ?? [])].flatMap(([semantic, { failed }]) =>
      failed.map(({ test, reason }) => `- ${name}, ${semantic}, "${test}": ${reason}`),
    ),
  )
  return lines.length === 0 ? [] : ['## What failed', '', ...lines, '']
}

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
