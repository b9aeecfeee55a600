import { execFileSync } from 'node:child_process'

export type Toolchain = 'java' | 'maven' | 'go'

const needs: Record<Toolchain, { command: string; args: string[]; works: (text: string) => boolean; words: string }> = {
  java: { command: 'java', args: ['-version'], works: (text) => majorOf(text) >= 17, words: 'Java 17' },
  maven: { command: 'mvn', args: ['-version'], works: () => true, words: 'Maven' },
  go: { command: 'go', args: ['version'], works: () => true, words: 'Go' },
}

/** What is missing for tests that need these, as `needs Java 17`; undefined when all is there. */
export function missingToolchain(...wanted: Toolchain[]): string | undefined {
  const missing = wanted.filter((one) => !isThere(one)).map((one) => needs[one].words)
  return missing.length === 0 ? undefined : `needs ${missing.join(' and ')}`
}

const found = new Map<Toolchain, boolean>()

function isThere(toolchain: Toolchain): boolean {
  let there = found.get(toolchain)
  if (there === undefined) found.set(toolchain, (there = probe(toolchain)))
  return there
}

function probe(toolchain: Toolchain): boolean {
  const { command, args, works } = needs[toolchain]
  try {
    // `java -version` writes to the error stream.
    return works(execFileSync('sh', ['-c', `${command} ${args.join(' ')} 2>&1`], { encoding: 'utf8' }))
  } catch {
    return false
  }
}

const majorOf = (text: string) => Number(/version "(\d+)/.exec(text)?.[1] ?? 0)
