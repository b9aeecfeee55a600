import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { StoreEngine } from '@mq/store'
import { UsageError } from './cli/usage-error.js'

const sqlitePackage = '@mq/store-sqlite'

/**
 * The engine that `--store` names: `file` (undefined, the default), `sqlite`, or the path of a module that exports `loadEngine`, a function
 * that gives a `StoreEngine` or a promise of one. Rejects with `UsageError`, or with a sentence when it cannot be loaded.
 */
export async function loadStoreEngine(name = 'file'): Promise<StoreEngine | undefined> {
  if (name === 'file') return undefined
  if (name === 'sqlite') return engineOf(await importSqlite('--store sqlite'), sqlitePackage)
  if (!/[./\\]/.test(name))
    throw new UsageError(`--store takes file, sqlite, or the path of a module such as ./my-engine.js, not '${name}'`)
  return engineOf(await importFile(resolve(name)), name)
}

async function engineOf(module: Record<string, unknown>, name: string): Promise<StoreEngine> {
  const { loadEngine } = module
  if (typeof loadEngine !== 'function') throw new Error(`${name} is no engine: it exports no function 'loadEngine'`)
  return (loadEngine as () => StoreEngine | Promise<StoreEngine>)()
}

/**
 * No dependency of this package: who wants it installs it, beside this package or in the folder where the command runs. `what` needs it:
 * the sentence begins so when it is missing.
 */
export async function importSqlite(what: string): Promise<Record<string, unknown>> {
  try {
    return await importModule(sqlitePackage)
  } catch (error) {
    if (!isMissing(error)) throw error
  }
  try {
    return await importFile(createRequire(resolve('package.json')).resolve(sqlitePackage))
  } catch (error) {
    if (!isMissing(error)) throw error
    throw new Error(
      `${what} needs the package ${sqlitePackage}, which is not installed: npm install ${sqlitePackage} node-sqlite3-wasm`,
    )
  }
}

const importModule = (name: string): Promise<Record<string, unknown>> => import(name)

async function importFile(path: string): Promise<Record<string, unknown>> {
  try {
    return await importModule(pathToFileURL(path).href)
  } catch (error) {
    throw new Error(`the engine ${path} cannot be loaded: ${(error as Error).message}`, { cause: error })
  }
}

const isMissing = (error: unknown): boolean =>
  ['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND'].includes((error as { code: string }).code)
