import { delayWorkload } from './delay.js'
import { orderWorkload } from './order.js'
import { plainWorkload } from './plain.js'
import { retryWorkload } from './retry.js'
import { transactionWorkload } from './transactions.js'
import type { WorkloadFactory } from './workload.js'

/** One of them is drawn for each seed. To add one: a file, and a line here. */
export const workloads = {
  plain: plainWorkload,
  delay: delayWorkload,
  retry: retryWorkload,
  transactions: transactionWorkload,
  order: orderWorkload,
} as const satisfies Record<string, WorkloadFactory>

export type WorkloadName = keyof typeof workloads
export const workloadNames = Object.keys(workloads) as WorkloadName[]
