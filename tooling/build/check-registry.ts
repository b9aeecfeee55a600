import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '@mq/test-ports'
import { packAll, root, run, tryRun, type Package } from './packed-packages.js'

/*
 * Publishes every package to a registry of our own and uses them as strangers do: installed by name in an empty project, by
 * `import`, by `require`, by `npx`, and with the examples of the READMEs against the published types.
 */

/**
 * The last line of versions that runs on Node 20. It asks for `node-fetch` by a tag, which not every mirror has: the
 * override says which version is meant. Not among our own dependencies: it would more than double what a clone installs.
 */
const registrySoftware = { dependencies: { verdaccio: '5.33.0' }, overrides: { 'node-fetch': '2.7.0' } }
const startMs = 30_000
const quietInstall = ['install', '--silent', '--no-audit', '--no-fund', '--ignore-scripts']

const problems: string[] = []
const work = mkdtempSync(join(tmpdir(), 'mq-registry-'))
const port = await freePort()
const registry = `http://127.0.0.1:${port}/`
const server = startRegistry()
try {
  await untilReady(server)
  const packages = packAll(work)
  for (const one of packages) publish(one)
  if (problems.length === 0) useInEmptyProject(packages)
  console.log(`${packages.length} packages from a registry, ${problems.length} problems`)
} finally {
  server.kill()
  rmSync(work, { recursive: true, force: true })
}
for (const problem of problems) console.error(problem)
if (problems.length > 0) process.exitCode = 1

function startRegistry(): ChildProcess {
  const config = join(work, 'registry.yaml')
  // JSON is YAML.
  writeFileSync(
    config,
    JSON.stringify({
      storage: join(work, 'storage'),
      packages: { '@mq/*': { access: '$all', publish: '$all' } },
      auth: { htpasswd: { file: join(work, 'htpasswd'), max_users: -1 } },
      max_body_size: '100mb',
      log: { type: 'stdout', level: 'warn' },
    }),
  )
  writeNpmrc(work)
  const home = join(work, 'registry')
  mkdirSync(home)
  writeFileSync(join(home, 'package.json'), JSON.stringify({ private: true, ...registrySoftware }))
  run('npm', quietInstall, home)
  const program = join(home, 'node_modules/verdaccio/bin/verdaccio')
  const args = [program, '--config', config, '--listen', `127.0.0.1:${port}`]
  return spawn(process.execPath, args, { cwd: home, stdio: ['ignore', 'ignore', 'inherit'] })
}

/** Only our own packages come from there; npm publishes with any token, and not without one. */
function writeNpmrc(folder: string): void {
  writeFileSync(join(folder, '.npmrc'), `@mq:registry=${registry}\n//127.0.0.1:${port}/:_authToken=nobody\n`)
}

async function untilReady(child: ChildProcess): Promise<void> {
  const deadline = Date.now() + startMs
  while (Date.now() < deadline && child.exitCode === null) {
    const answer = await fetch(`${registry}-/ping`).catch(() => undefined)
    if (answer?.ok) return
    await sleep(200)
  }
  throw new Error(`the registry did not start on ${registry} within ${startMs / 1000} s`)
}

function publish({ manifest, tarball }: Package): void {
  attempt(`${manifest.name}: publishing`, 'npm', ['publish', '--ignore-scripts', tarball], work)
}

function useInEmptyProject(packages: readonly Package[]): void {
  const project = join(work, 'project')
  mkdirSync(project)
  writeFileSync(join(project, 'package.json'), '{ "name": "empty", "private": true }\n')
  writeNpmrc(project)
  const names = packages.map(({ manifest }) => manifest.name)
  if (!attempt('installing', 'npm', [...quietInstall, ...names], project)) return
  for (const name of entryPoints(packages, project)) {
    attempt(`import of ${name}`, process.execPath, ['--input-type=module', '-e', `await import('${name}')`], project)
    attempt(`require of ${name}`, process.execPath, ['-e', `require('${name}')`], project)
  }
  attempt('npx mqadmin help', 'npx', ['--no-install', 'mqadmin', 'help'], project)
  attempt('npx @mq/cluster --help', 'npx', ['--no-install', '@mq/cluster', '--help'], project)
  expectPlainRefusal(project)
  checkExamples(packages, project)
}

/** All that the exports maps name, `@mq/io/node` as well as `@mq/io`. */
function entryPoints(packages: readonly Package[], project: string): string[] {
  return packages.flatMap(({ manifest: { name } }) => {
    const path = join(project, 'node_modules', name, 'package.json')
    const { exports } = JSON.parse(readFileSync(path, 'utf8')) as { exports: Record<string, unknown> }
    return Object.keys(exports)
      .filter((key) => key !== './package.json')
      .map((key) => join(name, key))
  })
}

/** Nothing listens there: one plain sentence and exit code 1, no stack. */
function expectPlainRefusal(project: string): void {
  const { status, output } = tryRun('npx', ['--no-install', '@mq/admin', 'clusterList', '-n', '127.0.0.1:1'], project)
  if (status === 1 && output.includes('127.0.0.1:1') && !/^\s+at /m.test(output)) return
  problems.push(`npx @mq/admin clusterList without a cluster: exit code ${status}, ${output}`)
}

/** The first example of every README, against the types as published. */
function checkExamples(packages: readonly Package[], project: string): void {
  const examples = packages.flatMap(({ manifest: { name } }) => {
    const readme = join(project, 'node_modules', name, 'README.md')
    const code = existsSync(readme) ? /```ts\n([\s\S]*?)```/.exec(readFileSync(readme, 'utf8'))?.[1] : undefined
    if (code === undefined) return []
    const file = `${name.replace('@mq/', '')}-example.mts`
    writeFileSync(join(project, file), code)
    return [file]
  })
  if (examples.length === 0) return
  const types = ['--types', 'node', '--typeRoots', join(root, 'node_modules/@types')]
  const flags = ['--noEmit', '--strict', '--skipLibCheck', '--target', 'es2022', '--module', 'nodenext', ...types]
  attempt('examples of the READMEs', join(root, 'node_modules/.bin/tsc'), [...flags, ...examples], project)
}

function attempt(what: string, command: string, args: string[], cwd: string): boolean {
  const { status, output } = tryRun(command, args, cwd)
  if (status !== 0) problems.push(`${what} failed (exit code ${status}):\n${output}`)
  return status === 0
}
