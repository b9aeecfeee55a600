import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { missingToolchain, type ApacheVersion } from '@mq/foreign'
import { format, resolveConfig } from 'prettier'
import { removeFolders, temporaryFolder } from '../mq-cluster.js'
import { semantics } from '../semantics.js'
import { apacheCluster, guardedApacheCluster, type ApacheCluster } from './apache-cluster.js'
import { outcomesOf, type Outcomes, type Report } from './results.js'
import { compatibilityPage, type Column } from './table.js'

/*
 * `npm run compatibility`: runs each semantic's tests with each client on each cluster, and writes docs/compatibility.md. Ends
 * with 1 when something failed or was not run; the page says what.
 */

const root = resolve(fileURLToPath(import.meta.url), '../../../../..')
const pagePath = join(root, 'docs/compatibility.md')
const versions: ApacheVersion[] = ['4.7.1', '5.3.3']
const clusterTests = 'test/cluster'

const columns: Column[] = [...(await javaColumns()), await clientColumn('MQ', 'its own, in one process with the tests')]
for (const version of versions) columns.push(await apacheColumn(version))
removeFolders()

const date = new Date().toISOString().slice(0, 10)
const page = compatibilityPage(columns, { date, node: process.versions.node, platform: process.platform })
writeFileSync(pagePath, await format(page, { ...(await resolveConfig(pagePath)), parser: 'markdown' }))
const isComplete = columns.every(({ outcomes }) => semantics.every((one) => outcomes?.get(one)?.failed.length === 0))
console.log(`${pagePath} is written${isComplete ? '' : '; something failed, or was not run'}`)
process.exitCode = isComplete ? 0 : 1

async function javaColumns(): Promise<Column[]> {
  const missing = missingToolchain('java', 'maven')
  const note = "Apache's client and admin tools on `mq start`"
  if (missing !== undefined)
    return versions.map((version) => ({ name: javaName(version), note: `not run: ${missing}`, outcomes: undefined }))
  const report = await runTests('tooling/interop', ['test/semantics.test.ts'])
  return versions.map((version) => {
    const outcomes = outcomesOf(report, ([suite, semantic]) =>
      suite === `Java ${version} on MQ` ? semantic : undefined,
    )
    return { name: javaName(version), note, outcomes }
  })
}

function javaName(version: ApacheVersion): string {
  return `Java ${version} → MQ`
}

async function apacheColumn(version: ApacheVersion): Promise<Column> {
  const cluster = await apacheCluster(version)
  const name = `@mq/client → Apache ${version}`
  if ('reason' in cluster) return { name, note: `not run: ${cluster.reason}`, outcomes: undefined }
  const reports = [await runThenStop(cluster, () => clientTests(clusterTests, { MQ_TEST_NAMESRV: cluster.namesrv }))]
  if (missingToolchain('java', 'maven') === undefined) reports.push(await guardedTests(version))
  return { name, note: cluster.note, outcomes: clientOutcomes(reports) }
}

/** On a cluster of their own, which takes signed requests only. */
async function guardedTests(version: ApacheVersion): Promise<Report> {
  const cluster = await guardedApacheCluster(version)
  const settings = { MQ_TEST_NAMESRV: cluster.namesrv, MQ_TEST_GUARDED_NAMESRV: cluster.namesrv }
  return runThenStop(cluster, () => clientTests('test/cluster/access-control.test.ts', settings))
}

async function runThenStop(cluster: ApacheCluster, run: () => Promise<Report>): Promise<Report> {
  try {
    return await run()
  } finally {
    await cluster.stop()
  }
}

async function clientColumn(cluster: string, note: string): Promise<Column> {
  const report = await clientTests(clusterTests, {})
  return { name: `@mq/client → ${cluster}`, note, outcomes: clientOutcomes([report]) }
}

function clientTests(tests: string, settings: Record<string, string>): Promise<Report> {
  return runTests('packages/client', [tests, '--no-file-parallelism'], settings)
}

/** The semantic is the title of the outermost `describe`, which for skipped tests also says why. */
function clientOutcomes(reports: readonly Report[]): Outcomes {
  const testResults = reports.flatMap((one) => one.testResults)
  return outcomesOf({ testResults }, ([semantic]) => semantic?.replace(/ \(skipped: .*\)$/, ''))
}

/** Runs tests of a package; those that fail are told by the report. */
function runTests(folder: string, args: string[], settings: Record<string, string> = {}): Promise<Report> {
  const file = join(temporaryFolder(), 'report.json')
  const command = ['exec', 'vitest', 'run', ...args, '--reporter=default', '--reporter=json', `--outputFile=${file}`]
  const env = { ...process.env, MQ_TEST_NAMESRV: '', MQ_TEST_GUARDED_NAMESRV: '', ...settings }
  console.log(`\n${[folder, ...Object.values(settings)].join(' on ')}`)
  const child = spawn('npx', ['-y', 'pnpm@10', ...command], { cwd: join(root, folder), env, stdio: 'inherit' })
  return new Promise((done, reject) => {
    child.once('error', reject)
    child.once('close', () => {
      try {
        done(JSON.parse(readFileSync(file, 'utf8')) as Report)
      } catch (cause) {
        reject(new Error(`the tests of ${folder} left no report`, { cause }))
      }
    })
  })
}
