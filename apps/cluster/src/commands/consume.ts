import { bodyText, type ConnectionFlags } from '@mq/admin'
import { PullConsumer, type ReceivedMessage } from '@mq/client'
import { connectionOf } from '../cli/connection.js'
import { readCount, UsageError } from '../cli/usage-error.js'

export interface ConsumeFlags extends ConnectionFlags {
  group?: string
  from: string
  count?: string
  tags: string
  follow?: boolean
  json?: boolean
  namesrv: string
}

/** Brokers know this group from the start: reading in its name leaves nothing behind. */
const lookingGroup = 'TOOLS_CONSUMER'
/** When nothing has come for this long, all that was there has been read, ms. A group also has to share out its queues. */
const idleMs = { looking: 1000, group: 4000 }
/** How long to wait at a time for more, ms. */
const waitMs = 60_000

/** `mq consume`: prints messages until the end of the topic, `--count` or Ctrl-C. */
export async function consume(topic: string, flags: ConsumeFlags): Promise<void> {
  const count = flags.count === undefined ? Infinity : readCount('--count', flags.count)
  const consumeFrom = readFrom(flags.from)
  const follow = (flags.follow ?? false) || consumeFrom === 'last'
  const stopped = stopOnCtrlC()
  const { consumer, unread } = await openConsumer(topic, flags, consumeFrom)
  /** Since the last message: then an end may be none. */
  let problem: Error | undefined
  consumer.on('problem', ({ error }) => {
    problem = error
    process.stderr.write(`mq: ${error.message}\n`)
  })
  if (unread !== undefined) process.stderr.write(`mq: ${unread.message}\n`)
  const idle = flags.group === undefined ? idleMs.looking : idleMs.group
  const isWanted = tagFilter(flags.tags)
  let printed = 0
  try {
    while (printed < count && !stopped.aborted) {
      const max = Math.min(32, count - printed)
      const messages = await next(consumer, { max, timeout: follow ? waitMs : idle, signal: stopped })
      if (messages.length > 0) problem = undefined
      else if (!follow) break
      const wanted = messages.filter(isWanted)
      for (const message of wanted) process.stdout.write(flags.json ? jsonLine(message) : textLine(message))
      printed += wanted.length
    }
  } finally {
    await consumer.close()
  }
  problem ??= unread
  if (problem !== undefined && printed < count && !follow && !stopped.aborted)
    throw new Error(`there may be more in ${topic}: ${problem.message}`)
  if (printed === 0 && !stopped.aborted) process.stderr.write(nothingText(topic, flags))
}

interface Opened {
  consumer: PullConsumer
  /** Why some of the topic's queues are not read. */
  unread?: Error
}

async function openConsumer(
  topic: string,
  { group, namesrv, tags, ...flags }: ConsumeFlags,
  consumeFrom: 'first' | 'last' | Date,
): Promise<Opened> {
  const connection = await connectionOf(flags)
  if (group !== undefined) {
    const consumer = new PullConsumer({
      namesrv,
      ...connection,
      group,
      consumeFrom,
      subscriptions: { [topic]: tags },
    })
    return { consumer: await consumer.start() }
  }
  const consumer = new PullConsumer({
    namesrv,
    ...connection,
    group: lookingGroup,
    consumeFrom,
    autoCommit: false,
  })
  try {
    await consumer.start()
    await consumer.assign(await consumer.topicQueues(topic))
    return { consumer }
  } catch (error) {
    // One broker that cannot be reached does not keep back what others have.
    if (consumer.queues.length > 0) return { consumer, unread: error as Error }
    await consumer.close()
    throw error
  }
}

/** `TagA || TagB`. Brokers filter for groups alone; and by a hash, so that a wrong one may slip through. */
function tagFilter(expression: string): (message: ReceivedMessage) => boolean {
  if (expression.trim() === '*') return () => true
  const wanted = new Set(expression.split('||').map((tag) => tag.trim()))
  return ({ tags }) => tags !== undefined && wanted.has(tags)
}

/** The next messages; none after Ctrl-C. */
async function next(
  consumer: PullConsumer,
  options: { max: number; timeout: number; signal: AbortSignal },
): Promise<ReceivedMessage[]> {
  try {
    return await consumer.poll(options)
  } catch (error) {
    if (options.signal.aborted) return []
    throw error
  }
}

function stopOnCtrlC(): AbortSignal {
  const stop = new AbortController()
  process.once('SIGINT', () => stop.abort())
  process.once('SIGTERM', () => stop.abort())
  return stop.signal
}

function readFrom(text: string): 'first' | 'last' | Date {
  if (text === 'first' || text === 'last') return text
  const time = new Date(/^\d{10,}$/.test(text) ? Number(text) : text)
  if (!Number.isNaN(time.getTime())) return time
  throw new UsageError(`--from takes first, last, or a time such as 2030-12-31T12:00, not '${text.slice(0, 60)}'`)
}

function textLine(message: ReceivedMessage): string {
  const { queue, queueOffset, tags } = message
  const tag = tags === undefined ? '' : `  [${tags}]`
  return `${queue.brokerName}:${queue.queueId}@${queueOffset}${tag}  ${bodyText(message.body)}\n`
}

function jsonLine(message: ReceivedMessage): string {
  const { body } = message
  const text = body.toString('utf8')
  const asText = Buffer.from(text, 'utf8').equals(body)
  const content = asText ? { body: text } : { bodyBase64: body.toString('base64') }
  return `${JSON.stringify({ ...message.toJSON(), properties: message.properties, ...content })}\n`
}

const nothingText = (topic: string, { group, from }: ConsumeFlags): string =>
  group === undefined
    ? `There is no message in ${topic} from '${from}' on. --follow waits for some.\n`
    : `There is no message in ${topic} that group ${group} has not consumed. --follow waits for some.\n`
