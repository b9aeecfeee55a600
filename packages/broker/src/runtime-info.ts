import { MQVersion, TopicName } from '@mq/protocol'
import type { BrokerState } from './broker-state.js'

/**
 * What GET_BROKER_RUNTIME_INFO says (`AdminBrokerProcessor.prepareRuntimeInfo`, 4.7.1). Keys of things that only Java has
 * are there with their idle values, as tools read them.
 */
export async function brokerRuntimeInfo(broker: BrokerState): Promise<Record<string, string>> {
  const { config } = broker
  return {
    brokerVersionDesc: 'V4_7_1',
    brokerVersion: String(MQVersion.V4_7_1),
    bootTimestamp: String(broker.bootMs),
    runtime: durationText(broker.io.clock.now() - broker.bootMs),
    startAcceptSendRequestTimeStamp: String(config.startAcceptSendRequestTimeStamp),
    ...throughput(broker),
    ...queues(broker),
    ...(await storage(broker)),
    ...scheduleProgress(broker),
  }
}

function throughput({ store, stats, rates, days, putLatency }: BrokerState): Record<string, string> {
  const { putMessages, putBytes } = store.stats()
  const { putYesterday, putToday, getYesterday, getToday } = days.totals
  return {
    putTps: rates.text('put'),
    getFoundTps: rates.text('getFound'),
    getMissTps: rates.text('getMiss'),
    getTotalTps: rates.text('getTotal'),
    getTransferedTps: rates.text('getTransfered'),
    putMessageTimesTotal: String(putMessages),
    putMessageSizeTotal: String(putBytes),
    putMessageAverageSize: String(putMessages === 0 ? 0 : putBytes / putMessages),
    putMessageEntireTimeMax: String(putLatency.maxMs),
    putMessageDistributeTime: String(putLatency),
    getMessageEntireTimeMax: '0',
    msgPutTotalYesterdayMorning: String(putYesterday),
    msgPutTotalTodayMorning: String(putToday),
    msgPutTotalTodayNow: String(stats.putMessages),
    msgGetTotalYesterdayMorning: String(getYesterday),
    msgGetTotalTodayMorning: String(getToday),
    msgGetTotalTodayNow: String(stats.getMessages),
  }
}

function queues({ sends, ends, reads, holds, config, io }: BrokerState): Record<string, string> {
  const nowMs = io.clock.monotonic()
  const sendsStillMs = String(Math.round(sends.stillMs(nowMs)))
  return {
    sendThreadPoolQueueSize: String(sends.inFlight),
    sendThreadPoolQueueCapacity: String(sends.limit),
    sendThreadPoolQueueHeadWaitTimeMills: sendsStillMs,
    pullThreadPoolQueueSize: String(holds.count),
    pullThreadPoolQueueCapacity: String(holds.limit),
    pullThreadPoolQueueHeadWaitTimeMills: String(Math.round(reads.stillMs(nowMs))),
    queryThreadPoolQueueSize: '0',
    queryThreadPoolQueueCapacity: String(config.queryThreadPoolQueueCapacity),
    queryThreadPoolQueueHeadWaitTimeMills: '0',
    EndTransactionQueueSize: String(ends.inFlight),
    EndTransactionThreadPoolQueueCapacity: String(ends.limit),
    pageCacheLockTimeMills: sendsStillMs,
    dispatchMaxBuffer: '0',
    remainTransientStoreBufferNumbs: '2147483647',
  }
}

async function storage({ store, io }: BrokerState): Promise<Record<string, string>> {
  const stats = store.stats()
  const space = io.disk.exists(stats.directory) ? io.disk.space(stats.directory) : { totalBytes: 0, freeBytes: 0 }
  return {
    commitLogMinOffset: String(stats.commitLogMinOffset),
    commitLogMaxOffset: String(stats.commitLogMaxOffset),
    dispatchBehindBytes: String(stats.dispatchBehindBytes),
    commitLogDiskRatio: String(stats.diskUsedRatio),
    consumeQueueDiskRatio: String(stats.diskUsedRatio),
    commitLogDirCapacity: `Total : ${sizeText(space.totalBytes)}, Free : ${sizeText(space.freeBytes)}.`,
    remainHowManyDataToFlush: sizeText(Math.max(0, stats.commitLogMaxOffset - stats.flushedOffset)),
    earliestMessageTimeStamp: String(await store.earliestStoreTime()),
  }
}

/** `scheduleMessageOffset_<level>`: delivered, and written. */
function scheduleProgress({ delays, store }: BrokerState): Record<string, string> {
  const lines: Record<string, string> = {}
  for (const [level, offset] of delays.progress()) {
    lines[`scheduleMessageOffset_${level}`] = `${offset},${store.maxOffset(TopicName.SCHEDULE, level - 1)}`
  }
  return lines
}

function durationText(ms: number): string {
  const seconds = Math.floor(ms / 1000)
  const days = Math.floor(seconds / 86_400)
  const hours = Math.floor((seconds % 86_400) / 3600)
  const minutes = Math.floor((seconds % 3600) / 60)
  return `[ ${days} days, ${hours} hours, ${minutes} minutes, ${seconds % 60} seconds ]`
}

const sizeUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB']

function sizeText(bytes: number): string {
  let unit = 0
  let size = bytes
  while (size >= 1024 && unit < sizeUnits.length - 1) {
    size /= 1024
    unit++
  }
  return unit === 0 ? `${bytes} B` : `${size.toFixed(1)} ${sizeUnits[unit]}`
}
