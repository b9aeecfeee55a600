import type { ReceivedMessage } from '../received-message.js'
import type { Handlers } from './handlers.js'
import type { ProcessQueue } from './process-queue.js'

/** A message that was taken, and as many of those that wait behind it as its handler takes along. */
export function batchFrom(process: ProcessQueue, number: number, handlers: Handlers): ReceivedMessage[] {
  const first = process.message(number)
  const messages = [first]
  const handler = handlers.of(first)
  while (messages.length < handler.batchSize) {
    const next = process.waiting
    if (next === undefined || handlers.of(next) !== handler) break
    process.take()
    messages.push(next)
  }
  return messages
}
