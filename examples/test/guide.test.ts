import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startLocalCluster, type LocalCluster, type LocalClusterOptions } from '@mq/cluster'
import * as node from '@mq/io/node'
import type { StoreEngine } from '@mq/store'
import * as conformance from '@mq/store/conformance'
import { afterAll, expect, test } from 'vitest'
import { examplesIn, runExample } from '../../tooling/build/readme.js'
import { createJournalStore } from '../engine/journal-engine.js'

/*
 * docs/write-your-own-engine.md: what it quotes is in the engine, what it tells to run runs, what it says of failures is so.
 */
const guide = new URL('../../docs/write-your-own-engine.md', import.meta.url)
const engine = new URL('../engine/journal-engine.ts', import.meta.url)
const isProgram = (code: string) => code.startsWith('import ')
const folders: string[] = []

const newFolder = (): string => {
  folders.push(mkdtempSync(join(tmpdir(), 'mq-guide-')))
  return folders.at(-1)!
}

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

test('the code it quotes is that of the engine', () => {
  const flat = (code: string) => code.replace(/\s+/g, ' ').trim()
  const quoted = examplesIn(guide).filter((code) => !isProgram(code))
  expect(quoted.length).toBeGreaterThan(0)
  for (const code of quoted) expect(flat(readFileSync(engine, 'utf8'))).toContain(flat(code))
})

test('the programs it shows run', async () => {
  const promises: string[] = []
  const runs: (() => Promise<void>)[] = []
  const runner = {
    describe: (_name: string, tests: () => void) => tests(),
    test(name: string, run: () => Promise<void>) {
      promises.push(name)
      runs.push(run)
    },
  }
  const clusters: LocalCluster[] = []
  const cluster = {
    startLocalCluster: async (options: LocalClusterOptions) =>
      void clusters.push(await startLocalCluster({ ...options, namesrvPort: 0, brokerPort: 0 })),
  }
  const modules = { '@mq/store/conformance': conformance, '@mq/io/node': node, vitest: runner, '@mq/cluster': cluster }
  const globals = { createMyStore: createJournalStore, newFolder, directory: newFolder() }
  for (const code of examplesIn(guide).filter(isProgram)) await runExample(code, { modules, globals })
  expect(clusters).toHaveLength(1)
  await clusters[0]!.close()
  expect(promises).toContain('an acknowledged message survives what the acknowledgement level promises')
  for (const run of runs) await run()
}, 120_000)

/** Says that it has synced, and has not. */
const withoutSync: StoreEngine = (options) => {
  const { clock, network, random, host, disk } = options.io
  const open = (...args: Parameters<typeof disk.open>) => Object.assign(disk.open(...args), { sync: async () => {} })
  const careless = new Proxy(disk, {
    get: (target, name) => (name === 'open' ? open : (Reflect.get(target, name) as () => unknown).bind(target)),
  })
  return createJournalStore({ ...options, io: { clock, network, random, host, disk: careless } })
}

/** Nothing can be read as long as listeners are told of it. */
const tellsTooEarly: StoreEngine = (options) => {
  const store = createJournalStore(options)
  const { onArrival, maxOffset } = store
  let isTelling = false
  store.maxOffset = (topic, queueId) => (isTelling ? 0 : maxOffset(topic, queueId))
  store.onArrival = (listener) =>
    onArrival((arrivals) => {
      isTelling = true
      listener(arrivals)
      isTelling = false
    })
  return store
}

test('engines that fail do so in the words it shows', async () => {
  const shown = readFileSync(guide, 'utf8').matchAll(
    /^FAIL {2}my engine as a MessageStore > (.*)\nConformanceError: (.*)$/gm,
  )
  const findings = await Promise.all([withoutSync, tellsTooEarly].map((wrong) => conformance.checkMessageStore(wrong)))
  expect(findings.flat()).toEqual([...shown].map(([, check, problem]) => ({ check, problem })))
}, 60_000)
