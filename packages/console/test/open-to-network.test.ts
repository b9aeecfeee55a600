import { expect, test } from 'vitest'
import { startConsole } from '../src/index.js'

const options = { namesrv: '127.0.0.1:9876', port: 0 }

test('the network reaches a console only when it may', async () => {
  await expect(startConsole({ ...options, host: '0.0.0.0' })).rejects.toMatchObject({
    code: 'NOT_PERMITTED',
    message: expect.stringMatching(/has no login, and listening on 0\.0\.0\.0 would let in anybody.*insecure: true/),
  })
  const opened = await startConsole({ ...options, host: '0.0.0.0', insecure: true })
  expect(opened.address.host).toBe('0.0.0.0')
  await opened.close()
})
