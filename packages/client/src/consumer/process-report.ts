import type { Clock, Host } from '@mq/io'
import type { HandlerCall } from './handler-call.js'

/** How the lateness of the event loop is found out: so many timers, so long each, ms. */
const timers = 10
const timerMs = 20
/** Handlers told one by one, the oldest first. */
const handlersMax = 50

/**
 * What stands in the place of Java's stacks (`jstack` of GET_CONSUMER_RUNNING_INFO): one thread has no stacks worth telling, so
 * it is the process, how late its event loop is, and which handlers run for how long. Takes a fifth of a second.
 */
export async function processReport(clock: Clock, host: Host, running: readonly HandlerCall[]): Promise<string> {
  const loop = await loopText(clock)
  const { runtime, upMs, residentBytes, heapUsedBytes, heapTotalBytes, externalBytes } = host.vitals()
  const heap = `heap ${mib(heapUsedBytes)} of ${mib(heapTotalBytes)} MiB`
  const more = running.length > handlersMax ? [`  and ${running.length - handlersMax} more`] : []
  const lines = [
    `${runtime}, process ${host.pid}, up for ${Math.round(upMs / 1000)} s`,
    `memory: resident ${mib(residentBytes)} MiB, ${heap}, buffers ${mib(externalBytes)} MiB`,
    `event loop: ${loop}`,
    `handlers that run: ${running.length}`,
    ...running.slice(0, handlersMax).map((call) => `  ${callText(call, clock.monotonic())}`),
    ...more,
  ]
  return lines.map((line) => `${line}\n`).join('')
}

const mib = (bytes: number): number => Math.round(bytes / 1024 / 1024)

async function loopText(clock: Clock): Promise<string> {
  let sum = 0
  let most = 0
  for (let i = 0; i < timers; i++) {
    const startedMs = clock.monotonic()
    await new Promise<void>((resolve) => clock.after(timerMs, resolve))
    const lateMs = Math.max(0, clock.monotonic() - startedMs - timerMs)
    sum += lateMs
    most = Math.max(most, lateMs)
  }
  return `late by ${(sum / timers).toFixed(1)} ms on average, by ${most.toFixed(1)} ms at most, in ${timers * timerMs} ms`
}

function callText({ messages, startedMs, isOverdue }: HandlerCall, now: number): string {
  const { msgId, topic, queue, queueOffset, reconsumeTimes } = messages[0]!
  const place = `${topic} ${queue.brokerName} queue ${queue.queueId} offset ${queueOffset}`
  const more = messages.length > 1 ? ` and ${messages.length - 1} more` : ''
  const overdue = isOverdue ? ', overdue' : ''
  return `${Math.round(now - startedMs)} ms: message ${msgId} of ${place}, try ${reconsumeTimes + 1}${more}${overdue}`
}
