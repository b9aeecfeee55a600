import { resolve } from 'node:path'
import { nodeIo } from '@mq/io/node'
import {
  dumpStore,
  type Finding,
  repairStore,
  type RepairResult,
  type StoreConfig,
  storeConfigTable,
  type VerifyResult,
  verifyStore,
} from '@mq/store'
import { readCount } from '../cli/usage-error.js'
import { readSettingsFile, settleProblems } from '../config/settings-file.js'
import { recordPrinter } from './print-record.js'
import {
  isSqliteStore,
  refuseRepair,
  type SqliteFinding,
  sqliteTools,
  type SqliteVerifyResult,
} from './sqlite-tools.js'

export interface StoreFlags {
  configFile?: string
  json?: boolean
}

export interface DumpFlags extends StoreFlags {
  topic?: string
  queue?: string
  from?: string
  count?: string
}

export interface RepairFlags extends StoreFlags {
  dryRun?: boolean
}

/** A check that takes longer than this says how far it is, ms. */
const silentMs = 1000

/** `mq store verify`: prints what is wrong in a store's folder; the exit code is 1 when something is. Changes nothing. */
export async function verify(directory: string, flags: StoreFlags): Promise<void> {
  const progress = progressLine()
  const result = await look(directory, flags, progress)
  progress.print(flags.json ? JSON.stringify({ ...result, findings: result.findings.length }) : summaryOf(result))
  if (result.findings.length > 0) process.exitCode = 1
}

async function look(
  directory: string,
  flags: StoreFlags,
  progress: ProgressLine,
): Promise<VerifyResult | SqliteVerifyResult> {
  if (!isSqliteStore(directory)) return lookAtFiles(directory, flags, progress)
  const tools = await sqliteTools(directory)
  return tools.verify({
    ...placeOf(directory),
    onFinding: (finding) => progress.print(flags.json ? JSON.stringify(finding) : sqliteSentenceOf(finding)),
  })
}

function lookAtFiles(directory: string, flags: StoreFlags, progress: ProgressLine): VerifyResult {
  return verifyStore({
    ...placeOf(directory),
    config: configOf(flags),
    onFinding: (finding) => progress.print(flags.json ? JSON.stringify(finding) : sentenceOf(finding)),
    onProgress: progress.show,
  })
}

const placeOf = (directory: string) => ({ disk: nodeIo().disk, directory: resolve(directory) })

/** `mq store repair`: makes what is derived from a store's commit log anew; with `--dry-run` only says what it would do. */
export async function repair(directory: string, flags: RepairFlags): Promise<void> {
  if (isSqliteStore(directory)) return refuseRepair(directory)
  const progress = progressLine()
  if (flags.dryRun) {
    const { findings, ...found } = lookAtFiles(directory, flags, progress)
    const stay = findings.filter(({ kind }) => kind === 'commit log' || kind === 'config').length
    const result = { ...found, findings: findings.length, stay }
    return progress.print(flags.json ? JSON.stringify(result) : dryRunText(result))
  }
  const result = await repairStore({
    io: nodeIo(),
    directory: resolve(directory),
    config: configOf(flags),
    onProgress: ({ doneBytes, totalBytes }) => progress.show(doneBytes, totalBytes),
  })
  progress.print(flags.json ? JSON.stringify(result) : repairText(result))
}

/** `mq store dump`: prints the records of a store, in the order of its log. Changes nothing. */
export async function dump(directory: string, flags: DumpFlags): Promise<void> {
  const number = (option: string, text: string | undefined) =>
    text === undefined ? undefined : readCount(option, text, 0)
  const options = {
    ...placeOf(directory),
    topic: flags.topic,
    queueId: number('--queue', flags.queue),
    from: number('--from', flags.from),
    count: number('--count', flags.count),
  }
  const print = recordPrinter(flags.json)
  if (isSqliteStore(directory)) (await sqliteTools(directory)).dump(options, print)
  else dumpStore({ ...options, config: configOf(flags) }, print)
}

function configOf({ configFile }: StoreFlags): Partial<StoreConfig> {
  if (configFile === undefined) return {}
  const entries = readSettingsFile(configFile)
  const known = new Map([...entries].filter(([key]) => key in storeConfigTable.rows))
  const { config, problems } = storeConfigTable.read(known)
  settleProblems(problems, configFile)
  return Object.fromEntries(Object.entries(config).filter(([key]) => known.has(key)))
}

const sentenceOf = ({ kind, file, offset, problem }: Finding): string =>
  `${kind}: ${file} at byte ${offset}: ${problem}`

const sqliteSentenceOf = ({ where, problem }: SqliteFinding): string => `${where}: ${problem}`

function summaryOf({ records, end, findings, ...more }: VerifyResult | SqliteVerifyResult): string {
  const tornEnd = 'tornEnd' in more ? more.tornEnd : undefined
  const torn = tornEnd === undefined ? '' : `\nThe next start cuts off an unfinished write: ${tornEnd}`
  const found = findings.length === 0 ? 'nothing wrong' : `${findings.length} wrong`
  return `${records.toLocaleString('en')} records up to ${end} of the commit log, ${found}${torn}`
}

const dryRunText = ({
  records,
  end,
  findings,
  stay,
}: {
  records: number
  end: number
  findings: number
  stay: number
}) =>
  `Nothing was changed. Without --dry-run, consume queues, key index and checkpoint are made anew from ${records.toLocaleString('en')} records ` +
  `up to ${end} of the commit log; of ${findings} places that are wrong, ${stay} stay: those in the commit log and the configuration`

function repairText({ queues, topics, indexFiles, end, damages }: RepairResult): string {
  const damaged =
    damages === 0
      ? ''
      : `\n${damages} stretches of the commit log cannot be read: damaged.json in the folder names them`
  const made = `${queues} consume queues of ${topics} topics, ${indexFiles} index files and the checkpoint`
  return `${made} made anew from the commit log up to ${end}${damaged}`
}

interface ProgressLine {
  show(done: number, total: number): void
  print(line: string): void
}

/** What is printed between two states of a line that is shown on a terminal only. */
function progressLine(): ProgressLine {
  const from = performance.now()
  let isShown = false
  return {
    show: (done: number, total: number): void => {
      if (!process.stderr.isTTY || performance.now() - from < silentMs) return
      isShown = true
      process.stderr.write(`\r${Math.floor((100 * done) / total)} % of the commit log read `)
    },
    print: (line: string): void => {
      if (isShown) process.stderr.write('\r\u001b[K')
      isShown = false
      process.stdout.write(`${line}\n`)
    },
  }
}
