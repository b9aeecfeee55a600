import { defineCommand } from '../command.js'
import { sentenceOf } from '../errors.js'
import { lines, row } from '../layout.js'
import { brokersOf, target } from '../target.js'

export const brokerStatus = defineCommand({
  name: 'brokerStatus',
  description: 'all figures of a running broker',
  options: target,
  examples: [
    'mqadmin brokerStatus -n 127.0.0.1:9876 -b 127.0.0.1:10911',
    'mqadmin brokerStatus -n 127.0.0.1:9876 -c DefaultCluster',
  ],
  async run(context, where) {
    const figures: { address: string; runtime: Record<string, string> }[] = []
    for (const address of await brokersOf(context, where)) {
      try {
        figures.push({ address, runtime: await context.admin.brokerRuntimeInfo(address) })
      } catch (error) {
        if (where.broker !== undefined) throw error
        context.warn(`broker ${address}: ${sentenceOf(error)}`)
      }
    }
    return figures
  },
  print: (figures, { broker }) =>
    lines(
      figures.flatMap(({ address, runtime }) =>
        Object.keys(runtime)
          .sort()
          .map((key) =>
            broker === undefined
              ? row('%-24s %-32s: %s', address, key, runtime[key])
              : row('%-32s: %s', key, runtime[key]),
          ),
      ),
    ),
})
