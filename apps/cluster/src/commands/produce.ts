import { createInterface } from 'node:readline'
import type { ConnectionFlags } from '@mq/admin'
import { Producer, type Message, type SendResult } from '@mq/client'
import { connectionOf } from '../cli/connection.js'
import { readCount, UsageError } from '../cli/usage-error.js'
import { progressBar } from './progress.js'

export interface ProduceFlags extends ConnectionFlags {
  count?: string
  size?: string
  keys?: string
  tags?: string
  property?: string[]
  batch?: string
  json?: boolean
  namesrv: string
}

/** Sends under way at a time. */
const inFlightMax = 512
/** Results printed one by one up to this many; more are only counted. */
const printedMax = 20

interface Outcome {
  sent: number
  failed: number
  firstFailure: Error | undefined
}

/** `mq produce`: sends what is given, prints results, then a summary when there were many. */
export async function produce(topic: string, bodies: readonly string[], flags: ProduceFlags): Promise<void> {
  const count = flags.count === undefined ? undefined : readCount('--count', flags.count)
  const size = flags.size === undefined ? undefined : readCount('--size', flags.size)
  const batch = flags.batch === undefined ? 1 : readCount('--batch', flags.batch)
  if (size !== undefined && bodies.length > 0) throw new UsageError('give bodies or --size, not both')
  const message = { topic, keys: flags.keys, tags: flags.tags, properties: readProperties(flags.property ?? []) }
  const given = size === undefined ? bodies : ['x'.repeat(size)]
  const source = given.length > 0 ? repeated(given, count ?? given.length) : inputLines(count)
  const connection = await connectionOf(flags)
  const producer = new Producer({
    namesrv: flags.namesrv,
    ...connection,
    group: 'mq-produce',
  })
  try {
    await producer.start()
    await sendAll(producer, messagesOf(source, message), {
      batch,
      json: flags.json ?? false,
      total: totalOf(given, count),
    })
  } finally {
    await producer.close()
  }
}

const totalOf = (given: readonly string[], count: number | undefined): number | undefined =>
  given.length > 0 ? (count ?? given.length) : count

async function sendAll(
  producer: Producer,
  messages: AsyncIterable<Message>,
  { batch, json, total }: { batch: number; json: boolean; total: number | undefined },
): Promise<void> {
  const outcome: Outcome = { sent: 0, failed: 0, firstFailure: undefined }
  const each = json || (total !== undefined && total <= printedMax)
  const from = performance.now()
  const progress = await progressBar(total)
  const print = (result: SendResult) => {
    if (json) process.stdout.write(`${JSON.stringify(result)}\n`)
    else if (each || (total === undefined && outcome.sent <= printedMax)) process.stdout.write(resultLine(result))
  }
  const underWay = new Set<Promise<void>>()
  for await (const group of groupsOf(messages, batch)) {
    const sending = sendGroup(producer, group, outcome, print).then(() => {
      progress.add(group.length)
      underWay.delete(sending)
    })
    underWay.add(sending)
    if (underWay.size >= inFlightMax) await Promise.race(underWay)
    if (outcome.sent === 0 && outcome.failed > 0) break // Nothing gets through: no use in trying all the others.
  }
  await Promise.all(underWay)
  progress.end()
  summarise(outcome, performance.now() - from, { quiet: json || outcome.sent <= printedMax })
}

async function sendGroup(
  producer: Producer,
  group: readonly Message[],
  outcome: Outcome,
  print: (result: SendResult) => void,
): Promise<void> {
  try {
    const results = group.length === 1 ? [await producer.send(group[0]!)] : await producer.sendBatch(group)
    for (const result of results) {
      outcome.sent++
      print(result)
    }
  } catch (error) {
    outcome.failed += group.length
    outcome.firstFailure ??= error as Error
  }
}

function summarise({ sent, failed, firstFailure }: Outcome, tookMs: number, { quiet }: { quiet: boolean }): void {
  if (!quiet) {
    const seconds = Math.max(tookMs / 1000, 0.001)
    const rate = Math.round(sent / seconds).toLocaleString('en')
    process.stdout.write(`${sent.toLocaleString('en')} messages in ${seconds.toFixed(2)} s, ${rate}/s\n`)
  }
  if (firstFailure === undefined) return
  if (sent === 0 && failed === 1) throw firstFailure
  throw new Error(`${failed} of ${sent + failed} messages were not sent; the first because: ${firstFailure.message}`, {
    cause: firstFailure,
  })
}

const resultLine = ({ status, queue, queueOffset, msgId }: SendResult): string =>
  `${status}  ${queue.brokerName}:${queue.queueId}  offset ${queueOffset}  ${msgId}\n`

function* repeated(bodies: readonly string[], count: number): Generator<string> {
  for (let i = 0; i < count; i++) yield bodies[i % bodies.length]!
}

/** Lines of the standard input; empty ones cannot be sent. */
async function* inputLines(count = Infinity): AsyncGenerator<string> {
  if (process.stdin.isTTY) process.stderr.write('One message a line; Ctrl-D ends.\n')
  let taken = 0
  for await (const line of createInterface({ input: process.stdin })) {
    if (line === '') continue
    yield line
    if (++taken === count) return
  }
}

async function* messagesOf(
  bodies: Iterable<string> | AsyncIterable<string>,
  message: Omit<Message, 'body'>,
): AsyncGenerator<Message> {
  for await (const body of bodies) yield { ...message, body }
}

async function* groupsOf(messages: AsyncIterable<Message>, size: number): AsyncGenerator<Message[]> {
  let group: Message[] = []
  for await (const message of messages) {
    group.push(message)
    if (group.length < size) continue
    yield group
    group = []
  }
  if (group.length > 0) yield group
}

function readProperties(given: readonly string[]): Record<string, string> | undefined {
  if (given.length === 0) return undefined
  return Object.fromEntries(
    given.map((one) => {
      const at = one.indexOf('=')
      if (at < 1) throw new UsageError(`--property takes name=value, not '${one.slice(0, 60)}'`)
      return [one.slice(0, at), one.slice(at + 1)]
    }),
  )
}
