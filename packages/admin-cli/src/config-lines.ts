import { row } from './layout.js'

/** A server's settings below a heading that names it; an empty line ends them. */
export const configLines = (title: string, config: ReadonlyMap<string, string>): string[] => [
  `============${title}============`,
  ...[...config].map(([key, value]) => row('%-50s=  %s', key, value)),
  '',
]
