import { Command, InvalidArgumentError, Option } from 'commander'
import { printBugs } from './planted/print-bugs.js'
import { runSeeds, type SeedsOptions } from './pool.js'
import { printSeed, type PrintOptions } from './print-seed.js'
import { workloadNames } from './workloads/index.js'

const integer = (text: string): number => {
  const number = Number(text)
  if (!Number.isSafeInteger(number) || number < 0) throw new InvalidArgumentError('must be a whole number from 0')
  return number
}

const options = new Command('simulate')
  .description('Runs whole clusters in virtual time, with faults from seeds, and checks what MQ promises.')
  .option('--seeds <n>', 'how many seeds', integer, 100)
  .option('--from <n>', 'the first of them', integer, 1)
  .option('--seed <n>', 'one seed only', integer)
  .addOption(
    new Option('--workload <name>', 'only this one; by default each seed draws its own').choices(workloadNames),
  )
  .option('--trace', 'with --seed: print what happens, line by line')
  .option('--everything', 'with --trace: also each event of the simulated world')
  .option('--planted', 'instead: which check finds which planted bug, as a table')
  .option('--jobs <n>', 'processes; default: one a core', integer)
  .parse()
  .opts<SeedsOptions & Partial<PrintOptions> & { planted?: boolean }>()

const run = (): Promise<boolean> => {
  if (options.planted) return printBugs()
  return options.seed === undefined ? runSeeds(options) : printSeed({ ...options, seed: options.seed })
}

const clean = await run()
process.exitCode = clean ? 0 : 1
