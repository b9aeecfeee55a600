import * as node from '@mq/io/node'
import * as store from '@mq/store'
import { afterEach, expect, test } from 'vitest'
import { examplesIn, runExample } from '../../../tooling/build/readme.js'
import * as sqlite from '../src/index.js'
import { newFolder, removeFolder, wasm } from './support.js'

const [tenLines, ownDriver, ...more] = examplesIn(new URL('../README.md', import.meta.url))
const folder = newFolder()
const modules = { '@mq/store': store, '@mq/store-sqlite': sqlite, '@mq/io/node': node }

afterEach(() => removeFolder(folder))

test('ten lines', async () => {
  expect(await runExample(tenLines!.replace('/tmp/my-sqlite-store', folder), { modules })).toEqual(['0 hello'])
}, 60_000)

test('a driver with options of yours', async () => {
  const library = await wasm()
  const opened: unknown[] = []
  const Database = function (path: string, options: object) {
    opened.push(path, options)
    return library.open(path)
  }
  const use = `${ownDriver}\ndriver.open(':memory:').close()`
  await runExample(use, { modules: { 'better-sqlite3': { default: Database } } })
  expect(opened).toEqual([':memory:', { timeout: 0 }])
})

test('no example is left out', () => expect(more).toEqual([]))
