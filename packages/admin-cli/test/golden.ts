import { readFileSync } from 'node:fs'

/** What Apache's own tool (4.7.1) printed, without the line that says how it was called. */
export const golden = (name: string): string =>
  readFileSync(new URL(`golden/${name}.txt`, import.meta.url), 'utf8').replace(/^\$ .*\n/, '')

/** Trailing blanks of a line carry no meaning in a terminal. */
export const trimmed = (text: string): string => text.replace(/[ \t]+$/gm, '').trimEnd()
