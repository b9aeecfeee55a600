import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { packAll, root, run, tryRun, type Package } from './packed-packages.js'

/*
 * Packs every package as it would be published, then looks at what came out: publint and attw on each tarball, no install
 * scripts, a README; and all of them installed together in an empty project, each loaded by `import` and by `require`.
 */

const problems: string[] = []
const work = mkdtempSync(join(tmpdir(), 'mq-packages-'))
try {
  const packages = packAll(work)
  for (const one of packages) await inspect(one)
  if (problems.length === 0) tryInEmptyProject(packages)
  console.log(`${packages.length} packages, ${problems.length} problems`)
} finally {
  rmSync(work, { recursive: true, force: true })
}
for (const problem of problems) console.error(problem)
if (problems.length > 0) process.exitCode = 1

async function inspect({ manifest, tarball }: Package): Promise<void> {
  const say = (problem: string) => void problems.push(`${manifest.name}: ${problem}`)
  const files = run('tar', ['tzf', tarball], work).split('\n')
  if (!files.includes('package/README.md')) say('has no README.md')
  if (!files.includes('package/dist/index.js')) say('has nothing in dist: run the build first')
  const strays = files.filter((file) => /^package\/(src|test)\/|\.test\.|\.tsbuildinfo$/.test(file))
  if (strays.length > 0) say(`has files that nobody needs: ${strays.slice(0, 5).join(', ')}`)
  for (const script of ['preinstall', 'install', 'postinstall'])
    if (manifest.scripts?.[script] !== undefined) say(`has a script '${script}'`)
  for (const path of Object.values(manifest.bin ?? {}))
    if (!files.includes(join('package', path))) say(`its command ${path} is not packed`)
  const packed = readFileSync(tarball)
  const { messages, pkg } = await publint({
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

function attempt(say: (problem: string) => void, command: string, args: string[], cwd = work): boolean {
  const { status, output } = tryRun(command, args, cwd)
  if (status !== 0) say(`${command} ${args.join(' ')} failed:\n${output}`)
  return status === 0
}
