import { silentLogger } from '@mq/io'
import { simulate } from '@mq/io/sim'
import { expect, test } from 'vitest'
import { FileDocuments } from '../src/documents.js'

function documents() {
  const { disk } = simulate({ seed: 1 }).host('a').io
  return { disk, documents: new FileDocuments(disk, '/store/config', silentLogger) }
}

test('keeps the previous version, and falls back to it', () => {
  const { disk, documents: store } = documents()
  store.write('topics.json', '{"n":1}')
  store.write('topics.json', '{"n":2}')
  expect(store.read('topics.json')).toEqual({ n: 2 })
  expect(Buffer.from(disk.readWhole('/store/config/topics.json.bak')!).toString()).toBe('{"n":1}')
  disk.replaceWhole('/store/config/topics.json', Buffer.from('{"n":'))
  expect(store.read('topics.json')).toEqual({ n: 1 })
  store.write('topics.json', '{"n":3}')
  // The damaged one has not replaced the good one.
  expect(Buffer.from(disk.readWhole('/store/config/topics.json.bak')!).toString()).toBe('{"n":1}')
  disk.remove('/store/config/topics.json')
  expect(store.read('topics.json')).toEqual({ n: 1 })
})

test.each(['../topics.json', 'a/b.json', '/etc/passwd', '', '.', '..', 'a\u0000'])('%j is no name', (name) => {
  expect(() => documents().documents.write(name, '{}')).toThrow(RangeError)
})
