import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as node from '@mq/io/node'
import { afterEach, expect, test } from 'vitest'
import { examplesIn, runExample } from '../../../tooling/build/readme.js'
import * as conformance from '../src/conformance/index.js'
import * as store from '../src/index.js'
import { host } from './support.js'

const [tenLines, many, asBroker, ownEngine, ...more] = examplesIn(new URL('../README.md', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'mq-store-readme-'))
const modules = { '@mq/store': store, '@mq/io/node': node, '@mq/store/conformance': conformance }

afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('ten lines', async () => {
  expect(await runExample(tenLines!.replace('/tmp/my-store', folder), { modules })).toEqual(['0 hello'])
})

test('alone, without a broker', async () => {
  const opened = store.createFileStore({ io: node.nodeIo(), directory: folder, storeHost: host })
  await opened.start()
  const globals = { store: opened }
  expect(await runExample(many!, { modules, globals })).toEqual(['0 a', '1 b', '2 c'])
  expect(await runExample(asBroker!, { modules, globals })).toEqual(['FOUND true'])
  await opened.close()
})

test('an engine of your own', async () => {
  const suites: string[] = []
  const tests: string[] = []
  const vitest = {
    describe(name: string, addTests: () => void) {
      suites.push(name)
      addTests()
    },
    test: (name: string) => void tests.push(name),
  }
  const globals = { createMyStore: store.createMemoryStore, newFolder: () => folder }
  await runExample(ownEngine!, { modules: { ...modules, vitest }, globals })
  expect(suites).toEqual(['my engine as a MessageStore', 'my engine as a MessageStore'])
  const durable = 'documents last over close and start'
  expect(tests.filter((name) => name === durable)).toHaveLength(1)
})

test('no example is left out', () => expect(more).toEqual([]))
