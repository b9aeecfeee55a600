import { renameSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openConsole } from '../open-console.js'

let opened: Awaited<ReturnType<typeof openConsole>>
beforeEach(async () => {
  opened = await openConsole()
})
afterEach(() => opened.close())

describe('the built app', () => {
  it('comes with its types, the page fresh, hashed files for ever', async () => {
    const page = await opened.ask('/')
    expect(page).toMatchObject({ status: 200, text: '<!doctype html><title>console</title>' })
    expect(page.headers).toMatchObject({ 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache' })
    const script = await opened.ask('/assets/index-abc123.js?v=1')
    expect(script.headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'public, max-age=31536000, immutable',
    })
  })

  it('is compressed for those who say they can read it', async () => {
    const plain = await opened.ask('/assets/index-abc123.js')
    const zipped = await opened.ask('/assets/index-abc123.js', { headers: { 'accept-encoding': 'br, gzip' } })
    expect(zipped.headers['content-encoding']).toBe('gzip')
    expect(zipped.text.length).toBeLessThan(plain.text.length / 10)
    expect(gunzipSync(Buffer.from(zipped.text, 'latin1')).toString()).toBe(plain.text)
  })

  it.each([
    '/../secret.txt',
    '/assets/../../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/%2e%2e%2fsecret.txt',
    '/..\\secret.txt',
    '//etc/passwd',
    '/etc/passwd',
    '/assets/..%5c..%5csecret.txt',
    '/index.html%00.js',
    '/assets',
    '/assets/',
    '/__proto__',
    '/%',
  ])('has nothing at %s', async (path) => {
    const { status, text, json } = await opened.ask(path)
    expect(status).toBe(404)
    expect(text).not.toContain('not for you')
    expect(json.error.next).toBeTruthy()
  })

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE'])('does not take %s', async (method) => {
    expect(await opened.ask('/', { method })).toMatchObject({
      status: 405,
      json: { error: { code: 'METHOD_NOT_ALLOWED' } },
    })
  })

  it('answers HEAD without a body', async () => {
    expect(await opened.ask('/', { method: 'HEAD' })).toMatchObject({ status: 200, text: '' })
  })

  it('is served as it is now when it was built again meanwhile', async () => {
    const { assets } = opened
    expect((await opened.ask('/assets/index-abc123.js')).status).toBe(200)
    renameSync(join(assets, 'index-abc123.js'), join(assets, 'index-def456.js'))
    expect((await opened.ask('/assets/index-def456.js')).status).toBe(200)
    expect((await opened.ask('/assets/index-abc123.js')).status).toBe(404)
  })

  it('says what to do when it is not built', async () => {
    const unbuilt = await openConsole(undefined, { appDirectory: join(tmpdir(), 'there-is-no-app') })
    const { status, json } = await unbuilt.ask('/')
    await unbuilt.close()
    expect([status, json.error.next]).toEqual([404, expect.stringContaining('npm run build')])
  })
})
