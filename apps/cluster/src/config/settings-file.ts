import { readFileSync } from 'node:fs'
import { parseProperties, type ConfigProblem } from '@mq/protocol'

/** Keys and values of a RocketMQ configuration file. Throws a sentence when it cannot be read. */
export function readSettingsFile(path: string): Map<string, string> {
  try {
    return parseProperties(readFileSync(path, 'utf8'))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const cause = code === 'ENOENT' ? 'there is no such file' : code === 'EACCES' ? 'this user may not read it' : code
    throw new Error(`the configuration ${path} cannot be read: ${cause}. Check the path after '-c'`, { cause: error })
  }
}

/** Throws for values that cannot be used; returns the sentences to print for the rest. */
export function settleProblems(problems: readonly ConfigProblem[], where: string): string[] {
  const wrong = problems.filter(({ kind }) => kind === 'value')
  if (wrong.length > 0) throw new Error(`${where}: ${wrong.map(({ message }) => message).join('; ')}`)
  const javaOnly = problems.filter(({ kind }) => kind === 'java-only').map(({ key }) => key)
  const sentences = problems.filter(({ kind }) => kind !== 'java-only').map(({ message }) => `${where}: ${message}`)
  if (javaOnly.length > 0) sentences.push(`${where}: without effect here, they tune Java: ${javaOnly.join(', ')}`)
  return sentences
}
