import { expect, test } from 'vitest'
import { foreignProtocol } from '../src/foreign-protocol.js'

test.each([
  ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'gRPC'],
  ['GET / HTTP/1.1\r\n', 'HTTP'],
  ['POST /api HTTP/1.1\r\n', 'HTTP'],
  ['\x16\x03\x01\x02\x00', 'TLS'],
  ['PROXY TCP4 10.0.0.1', 'PROXY'],
  ['SSH-2.0-OpenSSH', 'SSH'],
])('%j is recognised as %s', (text, word) => {
  expect(foreignProtocol(Buffer.from(text, 'latin1'))).toContain(word)
})

test('other bytes are not given a name', () => {
  expect(foreignProtocol(Buffer.from([0, 0, 1, 0]))).toBeUndefined()
  expect(foreignProtocol(Buffer.from('GETTING'))).toBeUndefined()
  expect(foreignProtocol(new Uint8Array(0))).toBeUndefined()
})
