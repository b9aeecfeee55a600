import { Command, InvalidArgumentError } from 'commander'
import { killLoop } from './kill-loop/kill-loop.js'

const integer = (text: string): number => {
  const number = Number(text)
  if (!Number.isSafeInteger(number) || number < 1) throw new InvalidArgumentError('must be a whole number from 1')
  return number
}

const { rounds, concurrency, store } = new Command('kill-loop')
  .description('Kills a real mq under load again and again, and looks whether anything acknowledged is missing.')
  .option('--rounds <n>', 'kills', integer, 10)
  .option('--concurrency <n>', 'sends under way at once', integer, 32)
  .option('--store <engine>', 'what keeps the messages: file, sqlite, or the path of a module', 'file')
  .parse()
  .opts<{ rounds: number; concurrency: number; store: string }>()

const report = await killLoop({ rounds, concurrency, store, onLine: (line) => console.log(line) })
const { sent, acknowledged, read, pauses, lost, gaps } = report
console.log(`${rounds} kills, ${pauses} pauses, ${sent} sent, ${acknowledged} acknowledged, ${read} read`)
console.log(`${lost.length} acknowledged messages lost, ${gaps.length} gaps in offsets`)
for (const line of [...lost, ...gaps].slice(0, 20)) console.log(`  ${line}`)
process.exit(lost.length + gaps.length === 0 ? 0 : 1)
