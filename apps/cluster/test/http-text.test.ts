import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { httpText } from '../src/cli/http-text.js'

const answers: Record<string, (response: ServerResponse) => void> = {
  '/rocketmq/nsaddr': (response) => response.end('10.0.0.1:9876;10.0.0.2:9876\n'),
  '/rocketmq/endless': (response) => response.end('x'.repeat(70_000)),
}
const server = createServer(({ url }, response) => {
  const answer = answers[url ?? '']
  if (answer) answer(response)
  else response.writeHead(404).end()
})
beforeAll(() => new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve)))
afterAll(() => new Promise((resolve) => server.close(resolve)))

const text = (path: string) => httpText(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`)

test('the text behind a URL, or what is wrong', async () => {
  expect(await text('/rocketmq/nsaddr')).toBe('10.0.0.1:9876;10.0.0.2:9876\n')
  await expect(text('/rocketmq/none')).rejects.toThrow('it answered 404')
  await expect(text('/rocketmq/endless')).rejects.toThrow('it answered more than 65536 bytes')
})
