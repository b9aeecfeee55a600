import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { runFolder, runningServers, writePidFile } from '../../src/run-folder/pid-files.js'
import { cleanUp, temporaryFolder } from '../processes.js'

afterEach(cleanUp)

test('a server is found while it has its file', () => {
  const folder = temporaryFolder()
  const remove = writePidFile('broker', '127.0.0.1:10911', folder)
  expect(runningServers('broker', folder)).toMatchObject([{ pid: process.pid, address: '127.0.0.1:10911' }])
  expect(runningServers('namesrv', folder)).toEqual([])
  remove()
  expect(readdirSync(folder)).toEqual([])
})

test('the folder is of this user alone', () => {
  expect(runFolder({ XDG_RUNTIME_DIR: '/run/user/7' })).toBe(join('/run/user/7', 'mq'))
  expect(runFolder({})).toMatch(new RegExp(`mq-${process.getuid?.() ?? 'user'}$`))
})
