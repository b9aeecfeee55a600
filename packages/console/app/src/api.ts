import type { ErrorAnswer } from '../../src/api-types'

/** What went wrong, and what to do next, as the server says it. */
export class ApiError extends Error {
  constructor(
    message: string,
    readonly next: string,
  ) {
    super(message)
  }
}

export async function getJson<T>(path: string): Promise<T> {
  return answered<T>(fetch(urlOf(path)))
}

export async function postJson<T>(path: string, value: unknown): Promise<T> {
  const headers = { 'content-type': 'application/json' }
  return answered<T>(fetch(urlOf(path), { method: 'POST', headers, body: JSON.stringify(value) }))
}

/** Beside the page, wherever a reverse proxy has put it. */
const urlOf = (path: string): string => new URL(path, document.baseURI).href

async function answered<T>(sent: Promise<Response>): Promise<T> {
  let response: Response
  try {
    response = await sent
  } catch {
    throw new ApiError('The console does not answer.', 'Is it still running? Start it again with: npx mq start')
  }
  // What stands between browser and console may answer in its own way.
  const value = (await response.json().catch(() => undefined)) as T | Partial<ErrorAnswer> | undefined
  if (response.ok && value !== undefined) return value as T
  const { message, next } = (value as Partial<ErrorAnswer> | undefined)?.error ?? {
    message: `The answer was ${response.status} ${response.statusText}, and not the console’s.`,
    next: 'Look at what stands between this browser and the console.',
  }
  throw new ApiError(message, next)
}

export const streamUrl = (): string => urlOf('api/stream')
export const topicPath = (topic: string): string => `api/topics/${encodeURIComponent(topic)}`
