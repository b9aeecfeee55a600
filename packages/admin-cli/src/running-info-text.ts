import type { ConsumerRunningInfo, ConsumeStatus, MessageQueue, ProcessQueueInfo } from '@mq/protocol'
import { compactTimeText, lines, row } from './layout.js'

/** A consumer's own account of itself, laid out as RocketMQ's tool does (`ConsumerRunningInfo`, 4.7.1). */
export function runningInfoText({ properties, subscriptionSet, mqTable, statusTable, jstack }: ConsumerRunningInfo) {
  const queues = [...mqTable]
  const sections = [
    ['#Consumer Properties#', ...Object.entries(properties).map(([key, value]) => row('%-40s: %s', key, value))],
    [
      '#Consumer Subscription#',
      ...subscriptionSet.map(({ topic, classFilterMode, subString }, i) => {
        const format = '%03d Topic: %-40s ClassFilter: %-8s SubExpression: %s'
        return row(format, i + 1, topic, String(classFilterMode), subString)
      }),
    ],
    ['#Consumer Offset#', queueRow(headings, '#Consumer Offset'), ...queues.map(offsetRow)],
    ['#Consumer MQ Detail#', queueRow(headings, '#ProcessQueueInfo'), ...queues.map(detailRow)],
    ['#Consumer RT&TPS#', row(statusHeadFormat, ...statusHeadings), ...[...statusTable].map(statusRow)],
  ]
  const text = sections.map(lines).join('\n\n')
  return jstack === undefined ? text : `${text}\n\n#Consumer jstack#\n${jstack}`
}

const headings = { topic: '#Topic', brokerName: '#Broker Name', queueId: '#QID' }

const queueRow = (
  { topic, brokerName, queueId }: { topic: string; brokerName: string; queueId: string | number },
  last: string | number,
): string => row('%-32s  %-32s  %-4s  %-20s', topic, brokerName, queueId, last)

const offsetRow = ([queue, { commitOffset }]: [MessageQueue, ProcessQueueInfo]) => queueRow(queue, commitOffset)

const detailRow = ([queue, info]: [MessageQueue, ProcessQueueInfo]) => {
  const fields = detailNames.map((name) => {
    const value = info[name]
    return `${name}=${name.endsWith('Timestamp') ? compactTimeText(value as number) : value}`
  })
  return queueRow(queue, `ProcessQueueInfo [${fields.join(', ')}]`)
}

const detailNames = [
  ...(['commitOffset', 'cachedMsgMinOffset', 'cachedMsgMaxOffset', 'cachedMsgCount', 'cachedMsgSizeInMiB'] as const),
  ...(['transactionMsgMinOffset', 'transactionMsgMaxOffset', 'transactionMsgCount'] as const),
  ...(['locked', 'tryUnlockTimes', 'lastLockTimestamp', 'droped'] as const),
  ...(['lastPullTimestamp', 'lastConsumeTimestamp'] as const),
]

const statusHeadFormat = '%-32s  %14s %14s %14s %14s %18s %25s'
const statusHeadings = [
  ...['#Topic', '#Pull RT', '#Pull TPS', '#Consume RT', '#ConsumeOK TPS', '#ConsumeFailed TPS'],
  '#ConsumeFailedMsgsInHour',
]

function statusRow([topic, status]: [string, ConsumeStatus]) {
  const { pullRT, pullTPS, consumeRT, consumeOKTPS, consumeFailedTPS, consumeFailedMsgs } = status
  const format = '%-32s  %14.2f %14.2f %14.2f %14.2f %18.2f %25d'
  return row(format, topic, pullRT, pullTPS, consumeRT, consumeOKTPS, consumeFailedTPS, consumeFailedMsgs)
}
