import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FakeCluster } from '../fake-cluster.js'
import { openConsole } from '../open-console.js'

let opened: Awaited<ReturnType<typeof openConsole>>
beforeEach(async () => {
  opened = await openConsole(new FakeCluster(), { allowedHosts: ['Console.Example'] })
})
afterEach(() => opened.close())

describe('who may come in', () => {
  it.each(['localhost', 'localhost:1234', '127.0.0.1:80', '[::1]:8080', 'console.example', 'CONSOLE.example:443'])(
    'answers under the name %s',
    async (host) => {
      expect((await opened.ask('/api/cluster', { headers: { host } })).status).toBe(200)
    },
  )

  it.each(['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example', '[::1', 'a b', '@', 'localhost:1:2'])(
    'refuses the name %j, for data and for pages',
    async (host) => {
      for (const path of ['/api/cluster', '/']) {
        const { status, json } = await opened.ask(path, { headers: { host } })
        expect(status).toBe(403)
        expect(json.error).toMatchObject({ code: 'FORBIDDEN', next: expect.stringContaining('localhost') })
      }
      expect(opened.cluster.calls.size).toBe(0)
    },
  )

  it.each<Record<string, string>>([
    { origin: 'http://evil.example' },
    { origin: 'null' },
    { origin: 'http://localhost:1' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
  ])('refuses a POST with %j', async (headers) => {
    const { status } = await opened.ask('/api/topics/Orders/messages', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: '{"body":"hello"}',
    })
    expect(status).toBe(403)
    expect(opened.cluster.calls.get('send')).toBeUndefined()
  })

  it('takes a POST from its own pages, and from programs that name no origin', async () => {
    for (const origin of [`http://127.0.0.1:${opened.port}`, undefined]) {
      const { status } = await opened.ask('/api/topics/Orders/messages', {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(origin && { origin, 'sec-fetch-site': 'same-origin' }) },
        body: '{"body":"hello"}',
      })
      expect(status).toBe(200)
    }
  })

  it('gives every answer the headers that keep pages safe, errors too', async () => {
    for (const path of ['/', '/api/cluster', '/nothing', '/api/nothing']) {
      const { headers } = await opened.ask(path)
      expect(headers['content-security-policy']).toContain("script-src 'self'")
      expect(headers['content-security-policy']).not.toMatch(/script-src[^;]*unsafe/)
      expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY' })
    }
  })
})
