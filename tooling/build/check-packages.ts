import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'

/*
 * Packs every package as it would be published, then looks at what came out: publint and attw on each tarball, no install
 * scripts, a README; and all of them installed together in an empty project, each loaded by `import` and by `require`.
 */

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..')

interface Manifest {
  name: string
  private?: boolean
  scripts?: Record<string, string>
  bin?: Record<string, string>
}

interface Package {
  directory: string
  manifest: Manifest
  tarball: string
}

const problems: string[] = []
const work = mkdtempSync(join(tmpdir(), 'mq-packages-'))
try {
  const packages = publishable().map((one) => ({ ...one, tarball: pack(one.directory) }))
  for (const one of packages) await inspect(one)
  if (problems.length === 0) tryInEmptyProject(packages)
  console.log(`${packages.length} packages, ${problems.length} problems`)
} finally {
  rmSync(work, { recursive: true, force: true })
}
for (const problem of problems) console.error(problem)
if (problems.length > 0) process.exitCode = 1

function publishable(): Omit<Package, 'tarball'>[] {
  return ['packages', 'apps']
    .flatMap((folder) => readdirSync(join(root, folder)).map((name) => join(root, folder, name)))
    .map((directory) => ({ directory, manifest: readManifest(join(directory, 'package.json')) }))
    .filter(({ manifest }) => manifest.private !== true)
}

function readManifest(path: string): Manifest {
  return JSON.parse(readFileSync(path, 'utf8')) as Manifest
}

function pack(directory: string): string {
  const output = run('npx', ['-y', 'pnpm@10', 'pack', '--json', '--pack-destination', work], directory)
  return resolve(work, (JSON.parse(output) as { filename: string }).filename)
}

async function inspect({ directory, manifest, tarball }: Package): Promise<void> {
  const say = (problem: string) => void problems.push(`${manifest.name}: ${problem}`)
  const files = run('tar', ['tzf', tarball], work).split('\n')
  if (!files.includes('package/README.md')) say('has no README.md')
  for (const script of ['preinstall', 'install', 'postinstall'])
    if (manifest.scripts?.[script] !== undefined) say(`has a script '${script}'`)
  for (const path of Object.values(manifest.bin ?? {}))
    if (!files.includes(join('package', path))) say(`its command ${path} is not packed`)
  const packed = readFileSync(tarball)
  const { messages, pkg } = await publint({
    pkgDir: directory,
    pack: { tarball: packed.buffer.slice(packed.byteOffset, packed.byteOffset + packed.length) as ArrayBuffer },
  })
  for (const message of messages) {
    const text = formatMessage(message, pkg, { color: false })
    if (message.type !== 'suggestion' && text) say(text)
  }
  // Node 20 knows exports maps: resolution as before them (node10) is nobody's here.
  attempt(say, join(root, 'node_modules/.bin/attw'), [
    '--profile',
    'node16',
    '--no-color',
    '--format',
    'ascii',
    tarball,
  ])
}

function tryInEmptyProject(packages: readonly Package[]): void {
  const project = mkdtempSync(join(work, 'project-'))
  writeFileSync(join(project, 'package.json'), '{ "name": "empty", "private": true }\n')
  const tarballs = packages.map(({ tarball }) => tarball)
  const say = (problem: string) => void problems.push(`in an empty project: ${problem}`)
  if (
    !attempt(say, 'npm', ['install', '--silent', '--no-audit', '--no-fund', '--ignore-scripts', ...tarballs], project)
  )
    return
  for (const { manifest } of packages) {
    attempt(say, process.execPath, ['--input-type=module', '-e', `await import('${manifest.name}')`], project)
    attempt(say, process.execPath, ['-e', `require('${manifest.name}')`], project)
    for (const command of Object.keys(manifest.bin ?? {}))
      attempt(say, process.execPath, [join(project, 'node_modules/.bin', command), '--help'], project)
  }
}

function run(command: string, args: string[], cwd: string): string {
  return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 1 << 26 })
}

function attempt(say: (problem: string) => void, command: string, args: string[], cwd = work): boolean {
  try {
    run(command, args, cwd)
    return true
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    say(`${command} ${args.join(' ')} failed:\n${stdout}${stderr}`)
    return false
  }
}
