import { execFileSync } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository's folder. */
export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..')

export interface Manifest {
  name: string
  private?: boolean
  scripts?: Record<string, string>
  bin?: Record<string, string>
}

export interface Package {
  directory: string
  manifest: Manifest
  /** As it would be published. */
  tarball: string
}

/** Packs every package that is published into `folder`. They must have been built. */
export function packAll(folder: string): Package[] {
  return publishable().map((one) => ({ ...one, tarball: pack(one.directory, folder) }))
}

function publishable(): Omit<Package, 'tarball'>[] {
  return ['packages', 'apps']
    .flatMap((folder) => readdirSync(join(root, folder)).map((name) => join(root, folder, name)))
    .map((directory) => ({ directory, manifest: readManifest(join(directory, 'package.json')) }))
    .filter(({ manifest }) => manifest.private !== true)
}

function readManifest(path: string): Manifest {
  return JSON.parse(readFileSync(path, 'utf8')) as Manifest
}

function pack(directory: string, folder: string): string {
  const output = run('npx', ['-y', 'pnpm@10', 'pack', '--json', '--pack-destination', folder], directory)
  return resolve(folder, (JSON.parse(output) as { filename: string }).filename)
}

/** Runs a command to its end and returns its standard output; throws when it fails, with `status`, `stdout`, `stderr`. */
export function run(command: string, args: string[], cwd: string): string {
  return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 1 << 26 })
}

export interface Outcome {
  status: number | null
  output: string
}

/** The same for a command that may fail. */
export function tryRun(command: string, args: string[], cwd: string): Outcome {
  try {
    return { status: 0, output: run(command, args, cwd) }
  } catch (error) {
    const {
      status = null,
      stdout = '',
      stderr = '',
      message,
    } = error as Partial<Outcome & Record<'stdout' | 'stderr' | 'message', string>>
    return { status, output: stdout + stderr || String(message) }
  }
}
