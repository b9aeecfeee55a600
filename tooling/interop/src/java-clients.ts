import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runJava, type ApacheVersion } from '@mq/foreign'

const sources = resolve(fileURLToPath(import.meta.url), '../../java')

/** Runs Apache's clients in one of the modes of `Clients.java`; resolves with the fields of each line printed. */
export const javaClients = (version: ApacheVersion, ...args: (string | number)[]): Promise<string[][]> =>
  javaRun(version, 'Clients', [], ...args)

/** Runs a program of the folder `java` with further JVM options; resolves with the fields of each line printed. */
export async function javaRun(
  version: ApacheVersion,
  program: string,
  jvmOptions: readonly string[],
  ...args: (string | number)[]
): Promise<string[][]> {
  const options = ['-Drocketmq.client.logUseSlf4j=true', '-Dfile.encoding=UTF-8', '-Xmx256m', ...jvmOptions]
  const run = await runJava({ version, options, main: join(sources, `${program}.java`), args: args.map(String) })
  if (run.code !== 0) throw new Error(`java ${args.join(' ')} ended with ${run.code}:\n${run.stdout}\n${run.stderr}`)
  return run.stdout
    .split('\n')
    .filter((line) => line.includes('\t'))
    .map((line) => line.split('\t'))
}

/** The lines that begin with a word, without it. */
export const linesOf = (word: string, lines: string[][]): string[][] =>
  lines.filter(([first]) => first === word).map((fields) => fields.slice(1))
