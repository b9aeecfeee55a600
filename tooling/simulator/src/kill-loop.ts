import { Command, InvalidArgumentError } from 'commander'
import { fullDisk } from './kill-loop/full-disk.js'
import { killLoop } from './kill-loop/kill-loop.js'

const integer = (text: string): number => {
  const number = Number(text)
  if (!Number.isSafeInteger(number) || number < 1) throw new InvalidArgumentError('must be a whole number from 1')
  return number
}

const {
  rounds,
  concurrency,
  store,
  fullDisk: onFullDisk,
} = new Command('kill-loop')
  .description('Kills a real mq under load again and again, and looks whether anything acknowledged is missing.')
  .option('--rounds <n>', 'kills', integer, 10)
  .option('--concurrency <n>', 'sends under way at once', integer, 32)
  .option('--store <engine>', 'what keeps the messages: file, sqlite, or the path of a module', 'file')
  .option('--full-disk', 'instead: a small file system of its own that runs full (needs root, for mount)')
  .parse()
  .opts<{ rounds: number; concurrency: number; store: string; fullDisk?: boolean }>()

const onLine = (line: string): void => console.log(line)
const report = onFullDisk
  ? await fullDisk({ concurrency, onLine })
  : await killLoop({ rounds, concurrency, store, onLine })
const { kills, sent, acknowledged, read, pauses, lost, gaps } = report
console.log(`${kills} kills, ${pauses} pauses, ${sent} sent, ${acknowledged} acknowledged, ${read} read`)
console.log(`${lost.length} acknowledged messages lost, ${gaps.length} gaps in offsets`)
for (const line of [...lost, ...gaps].slice(0, 20)) console.log(`  ${line}`)
process.exit(lost.length + gaps.length === 0 ? 0 : 1)
