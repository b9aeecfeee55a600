import { readFileSync } from 'node:fs'
import ts from 'typescript'

/** The blocks of TypeScript in a Markdown file, in order. */
export const examplesIn = (file: URL): string[] =>
  [...readFileSync(file, 'utf8').matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code!)

export interface ExampleOptions {
  /** What it imports, by the names it uses. */
  modules: Readonly<Record<string, object>>
  /** What its reader is to have already. */
  globals?: Readonly<Record<string, unknown>>
}

/** Runs an example as the body of a function, and returns what it logs, a line each. */
export async function runExample(code: string, { modules, globals = {} }: ExampleOptions): Promise<string[]> {
  const lines: string[] = []
  const log = (...words: unknown[]) => void lines.push(words.join(' '))
  const load = (name: string) => {
    if (!modules[name]) throw new Error(`the example imports ${name}, which its test does not expect`)
    return modules[name]
  }
  const given = { ...globals, console: { log }, load }
  const run = new AsyncFunction(...Object.keys(given), bodyOf(code))
  await run(...Object.values(given))
  return lines
}

const AsyncFunction = (async () => {}).constructor as new (
  ...texts: string[]
) => (...values: unknown[]) => Promise<void>

/** Without types, and with imports as calls of `load`. */
function bodyOf(code: string): string {
  const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ES2022, verbatimModuleSyntax: true }
  const { outputText } = ts.transpileModule(code, { compilerOptions })
  return outputText
    .replace(/^import \{(.*?)\} from '(.*?)';?$/gms, (_, names: string, from: string) => {
      return `const {${names.replaceAll(' as ', ': ')}} = load('${from}')`
    })
    .replace(
      /^import (\w+) from '(.*?)';?$/gm,
      (_, name: string, from: string) => `const ${name} = load('${from}').default`,
    )
}
