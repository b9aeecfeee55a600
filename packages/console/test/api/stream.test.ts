import { get, type IncomingMessage } from 'node:http'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openConsole } from '../open-console.js'

let opened: Awaited<ReturnType<typeof openConsole>>
beforeEach(async () => {
  opened = await openConsole()
})
afterEach(() => opened.close())

it('streams the whole first, to each browser that comes', async () => {
  for (const browser of [await watch(), await watch()]) {
    const { name, data } = await browser.event()
    expect([name, data.whole, data.topics[0].name]).toEqual(['live', true, 'Orders'])
    browser.response.destroy()
  }
})

it('is not collected or kept on its way', async () => {
  const { response } = await watch()
  expect(response.headers).toMatchObject({
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  })
  response.destroy()
})

it('ends with the console, which lets its client go once', async () => {
  const { response, event } = await watch()
  await event()
  const ended = new Promise((resolve) => response.once('close', resolve))
  response.on('error', () => undefined)
  await Promise.all([opened.console.close(), opened.console.close()])
  await ended
  expect(opened.cluster.closed).toBe(1)
})

async function watch() {
  const response = await new Promise<IncomingMessage>((resolve) =>
    get({ port: opened.port, host: '127.0.0.1', path: '/api/stream', agent: false }, resolve),
  )
  response.setEncoding('utf8')
  let text = ''
  let arrived = () => {}
  // Listens all the time: what comes while nobody waits is kept.
  response.on('data', (piece: string) => {
    text += piece
    arrived()
  })
  const event = async (): Promise<{ name: string; data: any }> => {
    for (;;) {
      const match = /event: (\w+)\ndata: (.*)\n\n/.exec(text)
      if (match) {
        text = text.slice(match.index + match[0].length)
        return { name: match[1]!, data: JSON.parse(match[2]!) }
      }
      await new Promise<void>((resolve) => (arrived = resolve))
    }
  }
  return { response, event }
}
