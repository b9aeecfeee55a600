import { encodeConsumerRunningInfo, ResponseCode, type Answer, type ProcessQueueInfo } from '@mq/protocol'
import type { ConsumerCore } from './consumer-core.js'
import type { ConsumerKind } from './consumer-kind.js'
import { processReport } from './process-report.js'
import type { QueuePuller } from './queue-puller.js'

/** What this consumer is doing (307). `withReport`: with what stands in the place of Java's stacks. */
export async function runningInfo(core: ConsumerCore, kind: ConsumerKind, withReport: boolean): Promise<Answer> {
  const { clock, host } = core.instance.io
  const jstack = withReport ? await processReport(clock, host, kind.running()) : undefined
  const body = encodeConsumerRunningInfo({
    properties: {
      PROP_NAMESERVER_ADDR: core.instance.nameServers.addresses.join(';'),
      PROP_CONSUME_TYPE: kind.consumeType,
      PROP_CONSUMEORDERLY: String(kind.ordered !== undefined),
      PROP_THREADPOOL_CORE_SIZE: String(kind.concurrency()),
      PROP_CLIENT_VERSION: 'V4_7_1',
      PROP_CONSUMER_START_TIMESTAMP: String(core.startedMs),
    },
    mqTable: new Map(core.queues.all().map((puller) => [puller.queue, processQueueInfo(core, puller)])),
    subscriptionSet: core.describe().subscriptionDataSet,
    statusTable: new Map(core.subscriptions.topics().map((topic) => [topic, core.statistics.of(topic)])),
    jstack,
  })
  return { code: ResponseCode.SUCCESS, body }
}

const processQueueInfo = ({ locks }: ConsumerCore, puller: QueuePuller): ProcessQueueInfo => ({
  commitOffset: puller.process.commitOffset,
  cachedMsgMinOffset: puller.process.minOffset,
  cachedMsgMaxOffset: puller.process.maxOffset,
  cachedMsgCount: puller.process.count,
  cachedMsgSizeInMiB: Math.floor(puller.process.bytes / 1024 / 1024),
  transactionMsgMinOffset: 0,
  transactionMsgMaxOffset: 0,
  transactionMsgCount: 0,
  locked: locks?.holds(puller.queue) ?? false,
  tryUnlockTimes: 0,
  lastLockTimestamp: locks?.confirmedAt(puller.queue) ?? 0,
  droped: puller.stopped,
  lastPullTimestamp: puller.lastPullMs,
  lastConsumeTimestamp: puller.lastConsumeMs,
})
