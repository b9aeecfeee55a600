import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { readableLine } from '../src/logs/readable-line.js'
import { openServerLog } from '../src/logs/server-log.js'
import { cleanUp, temporaryFolder } from './processes.js'

afterEach(cleanUp)

test('a line as a person reads it', () => {
  const json = JSON.stringify({ level: 40, time: Date.UTC(2026, 0, 1), part: 'broker', msg: 'late' })
  expect(readableLine(json, false)).toMatch(/^\d\d:\d\d:00\.000 WARN {2}broker {2}late\n$/)
  expect(readableLine(json, true)).toMatch(/^\u001b\[33m.*\u001b\[0m\n$/)
  expect(readableLine('no json\n', true)).toBe('no json\n')
})

test('the file has every line as JSON, with errors in full', async () => {
  const directory = join(temporaryFolder(), 'deep', 'logs')
  const log = openServerLog({ name: 'test', directory })
  log.logger.child({ part: 'store' }).info({ error: new Error('why') }, 'what')
  await log.close()
  expect(log.file).toBe(join(directory, 'test.log'))
  const line = JSON.parse(readFileSync(log.file!, 'utf8')) as Record<string, unknown>
  expect(line).toMatchObject({ level: 30, part: 'store', process: 'test', msg: 'what', error: { message: 'why' } })
})
