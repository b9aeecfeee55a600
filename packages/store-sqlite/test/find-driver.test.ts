import { afterEach, expect, test, vi } from 'vitest'
import { findDriver, NoDriverError } from '../src/index.js'

afterEach(() => {
  vi.doUnmock('better-sqlite3')
  vi.doUnmock('node:sqlite')
  vi.doUnmock('node-sqlite3-wasm')
})

/** A library whose databases cannot be opened, as when its native part was not built for this Node. */
const broken = (why: string) => ({
  default: class {
    constructor() {
      throw new Error(why)
    }
  },
})

test('a library that is installed is found', async () => {
  const database = (await findDriver()).open(':memory:')
  expect(database.prepare('SELECT 1 AS one').all()).toEqual([{ one: 1 }])
  database.close()
})

test('better-sqlite3 comes first, unless it does not work', async () => {
  const opened: string[] = []
  vi.doMock('better-sqlite3', () => ({
    default: class {
      constructor(path: string) {
        opened.push(path)
      }
      close(): void {}
    },
  }))
  ;(await findDriver()).open('/a')
  expect(opened).toEqual([':memory:', '/a'])
  vi.doMock('better-sqlite3', () => broken('no native part'))
  ;(await findDriver()).open(':memory:').close()
  expect(opened).toHaveLength(2)
})

test('where none works, the sentence says why and what to install', async () => {
  vi.doMock('better-sqlite3', () => broken('no native part'))
  vi.doMock('node:sqlite', () => ({ DatabaseSync: broken('not for this Node').default }))
  vi.doMock('node-sqlite3-wasm', () => ({ default: { Database: broken('no WebAssembly').default } }))
  const error = await findDriver().catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(NoDriverError)
  expect((error as Error).message).toMatch(
    /better-sqlite3 does not work here \(no native part\); node:sqlite does not work here \(not for this Node\); node-sqlite3-wasm does not work here \(no WebAssembly\): npm install node-sqlite3-wasm/,
  )
})
