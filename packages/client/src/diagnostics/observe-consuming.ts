import type { HandlerMiddleware } from '../consumer/middleware.js'
import { consumeEnd, consumeStart, type ConsumeEvent } from './channels.js'

export const isConsumingWatched = (): boolean => consumeStart.hasSubscribers || consumeEnd.hasSubscribers

/** Tells those who watch of each call of a handler; nobody watching, the handler is called as it is. */
export const observeConsuming =
  (group: string): HandlerMiddleware =>
  (message, _context, next) => {
    if (!isConsumingWatched()) return next()
    const event: ConsumeEvent = { group, message, run: (handler) => handler() }
    consumeStart.publish(event)
    return watched(event, next)
  }

async function watched(event: ConsumeEvent, next: Parameters<HandlerMiddleware>[2]) {
  try {
    event.outcome = await event.run(next)
    return event.outcome
  } catch (error) {
    event.error = error
    throw error
  } finally {
    consumeEnd.publish(event)
  }
}
