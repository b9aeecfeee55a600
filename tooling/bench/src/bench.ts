import { tmpdir } from 'node:os'
import { Command, InvalidArgumentError, Option } from 'commander'
import { javaBench } from './java-bench.js'
import { memoryBench } from './memory-bench.js'
import { nodeBench } from './node-bench.js'
import { semanticsBench } from './semantics-bench.js'
import { storeBench } from './store-bench.js'

const positive = (text: string): number => {
  const number = Number(text)
  if (!(number > 0)) throw new InvalidArgumentError('must be a number above 0')
  return number
}
const names = (text: string): string[] => text.split(',')

const program = new Command('bench').description(
  'Puts MQ and others under the same load, one after the other, and prints ratios.',
)

const directory = new Option('--directory <path>', 'where the stores lie meanwhile').default(tmpdir())
const rounds = new Option('--rounds <n>', 'times that all is measured in turns; the median counts')
  .default(1)
  .argParser(positive)
const seconds = new Option('--seconds <n>', 'measured time of each load').default(8).argParser(positive)

program
  .command('java', { isDefault: true })
  .description("Apache's Java client 4.7.1 against Apache's broker 4.7.1 and against MQ")
  .addOption(new Option('--flush <policy>').choices(['SYNC_FLUSH', 'ASYNC_FLUSH', 'both']).default('both'))
  .addOption(seconds)
  .addOption(rounds)
  .option('--warmup <n>', 'seconds before', positive, 5)
  .option('--only <modes>', 'send,async,batch,consume', names)
  .addOption(directory)
  .action(async (options) => {
    const policies = options.flush === 'both' ? (['ASYNC_FLUSH', 'SYNC_FLUSH'] as const) : [options.flush]
    for (const flush of policies) await javaBench({ ...options, flush })
  })

program
  .command('semantics')
  .description('transactions, order, delay, SQL filter, retry and end-to-end latency, the same way')
  .addOption(new Option('--flush <policy>').choices(['SYNC_FLUSH', 'ASYNC_FLUSH']).default('ASYNC_FLUSH'))
  .addOption(seconds)
  .addOption(rounds)
  .option('--only <modes>', 'transaction,orderly,delay,sql,retry,e2e', names)
  .addOption(directory)
  .action(semanticsBench)

program
  .command('store')
  .description('@mq/store beside the bare disk, with many topics, a large log and a reader far behind')
  .addOption(seconds)
  .option('--only <parts>', 'append,read,topics,large,catchUp', names)
  .addOption(directory)
  .action(storeBench)

program
  .command('node')
  .description('@mq/client against MQ, flushed before acknowledged, beside ali-ons on Apache 4.7.1 and Redis Streams')
  .addOption(seconds)
  .option('--without-others', 'MQ only')
  .addOption(directory)
  .action(nodeBench)

program
  .command('memory')
  .description('the start of a cluster for tests, and simulated time in which nothing happens')
  .action(memoryBench)

program
  .command('all')
  .description('all of them')
  .action(async () => {
    for (const args of [['java'], ['semantics'], ['node'], ['store'], ['memory']])
      await program.parseAsync(args, { from: 'user' })
  })

await program.parseAsync()
