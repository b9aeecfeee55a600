import { defineCommand, type AdminContext } from '../command.js'
import { sentenceOf } from '../errors.js'
import { row, table } from '../layout.js'
import { flag, integer } from '../options.js'

interface BrokerRow {
  cluster: string
  brokerName: string
  brokerId: number
  address: string
  /** Undefined when the broker did not answer. */
  runtime: Record<string, string> | undefined
  listedAtMs: number
}

export const clusterList = defineCommand({
  name: 'clusterList',
  description: 'brokers of all clusters, with version, traffic and disk use',
  options: {
    more: flag('-m, --moreStats', "totals of yesterday and today instead of now's rates"),
    interval: integer('-i, --interval <seconds>', 'list again every so many seconds', { min: 1, max: 86_400 }),
  },
  examples: ['mqadmin clusterList -n 127.0.0.1:9876', 'mqadmin clusterList -n 127.0.0.1:9876 -m -i 10'],
  run: listBrokers,
  print: (rows, { more }) => (more ? totalsTable(rows) : ratesTable(rows)),
  repeatSeconds: ({ interval }) => interval,
})

async function listBrokers(context: AdminContext): Promise<BrokerRow[]> {
  const { clusterAddrTable, brokerAddrTable } = await context.admin.clusterInfo()
  const rows = [...clusterAddrTable].flatMap(([cluster, names]) =>
    names.flatMap((brokerName) =>
      [...(brokerAddrTable.get(brokerName)?.brokerAddrs ?? [])].map(([brokerId, address]) => ({
        cluster,
        brokerName,
        brokerId,
        address,
      })),
    ),
  )
  rows.sort((a, b) => compare(a.cluster, b.cluster) || compare(a.brokerName, b.brokerName) || a.brokerId - b.brokerId)
  const listedAtMs = context.now()
  return Promise.all(rows.map(async (one) => ({ ...one, listedAtMs, runtime: await runtimeOf(context, one.address) })))
}

/** A broker that does not answer is listed all the same: it is what one looks for in this list. */
async function runtimeOf(context: AdminContext, address: string): Promise<Record<string, string> | undefined> {
  try {
    return await context.admin.brokerRuntimeInfo(address)
  } catch (error) {
    context.warn(`broker ${address} does not tell how it is: ${sentenceOf(error)}`)
    return undefined
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

const ratesFormat = '%-16s  %-22s  %-4s  %-22s %-16s %19s %19s %10s %5s %6s'
const ratesHeader = [
  '#Cluster Name',
  '#Broker Name',
  '#BID',
  '#Addr',
  '#Version',
  '#InTPS(LOAD)',
  '#OutTPS(LOAD)',
  '#PCWait(ms)',
  '#Hour',
  '#SPACE',
]

const ratesTable = (rows: BrokerRow[]): string => table(ratesFormat, ratesHeader, rows.map(rateCells))

function rateCells({ cluster, brokerName, brokerId, address, runtime = {}, listedAtMs }: BrokerRow): unknown[] {
  return [
    cluster,
    brokerName,
    brokerId,
    address,
    runtime.brokerVersionDesc ?? 'NO_ANSWER',
    loadCell(runtime.putTps, runtime.sendThreadPoolQueueSize, runtime.sendThreadPoolQueueHeadWaitTimeMills),
    loadCell(runtime.getTransferedTps, runtime.pullThreadPoolQueueSize, runtime.pullThreadPoolQueueHeadWaitTimeMills),
    runtime.pageCacheLockTimeMills ?? 0,
    hoursBack(Number(runtime.earliestMessageTimeStamp ?? -1), listedAtMs),
    row('%.4f', Number(runtime.commitLogDiskRatio ?? 0)),
  ]
}

/** Rate of the last seconds, then how many requests wait and for how long. */
const loadCell = (rates = '0', waiting = '0', waitMs = '0'): string =>
  row('%9.2f(%s,%sms)', Number.parseFloat(rates) || 0, waiting, waitMs)

/** Age of the oldest message; nothing for a broker without messages. */
const hoursBack = (earliestMs: number, nowMs: number): string =>
  row('%.2f', earliestMs < 0 ? 0 : (nowMs - earliestMs) / 3_600_000)

const totalsFormat = '%-16s  %-32s %14s %14s %14s %14s'
const totalsHeader = [
  '#Cluster Name',
  '#Broker Name',
  '#InTotalYest',
  '#OutTotalYest',
  '#InTotalToday',
  '#OutTotalToday',
]

const totalsTable = (rows: BrokerRow[]): string => table(totalsFormat, totalsHeader, rows.map(totalCells))

function totalCells({ cluster, brokerName, runtime = {} }: BrokerRow): unknown[] {
  const between = (from: string, to: string) => Number(runtime[to] ?? 0) - Number(runtime[from] ?? 0)
  return [
    cluster,
    brokerName,
    between('msgPutTotalYesterdayMorning', 'msgPutTotalTodayMorning'),
    between('msgGetTotalYesterdayMorning', 'msgGetTotalTodayMorning'),
    between('msgPutTotalTodayMorning', 'msgPutTotalTodayNow'),
    between('msgGetTotalTodayMorning', 'msgGetTotalTodayNow'),
  ]
}
