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
  return answered<T>(fetch(path))
}

export async function postJson<T>(path: string, value: unknown): Promise<T> {
  const headers = { 'content-type': 'application/json' }
  return answered<T>(fetch(path, { method: 'POST', headers, body: JSON.stringify(value) }))
}

async function answered<T>(sent: Promise<Response>): Promise<T> {
  let response: Response
  try {
    response = await sent
  } catch {
    throw new ApiError('The console does not answer.', 'Is it still running? Start it again with: npx mq start')
  }
  const value = (await response.json()) as T | ErrorAnswer
  if (response.ok) return value as T
  const { message, next } = (value as ErrorAnswer).error
  throw new ApiError(message, next)
}

export const topicPath = (topic: string): string => `/api/topics/${encodeURIComponent(topic)}`
