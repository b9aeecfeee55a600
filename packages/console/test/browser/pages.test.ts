import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium, type Browser, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ConsoleError } from '../../src/console-error.js'
import { startConsole, type Console } from '../../src/index.js'
import { FakeCluster } from '../fake-cluster.js'

const packageDirectory = fileURLToPath(new URL('../..', import.meta.url))
const appDirectory = join(packageDirectory, 'dist', 'app')
const chromiumPath = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
const flags =
  '--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync'
const hasChromium = existsSync(chromiumPath)

if (!hasChromium) {
  const reason = `skipped: needs Chromium at ${chromiumPath}, or its place in CHROMIUM`
  if (process.env['CI'] === 'true') throw new Error(`${reason}; under CI=true nothing may be skipped`)
  console.warn(reason)
}

describe.skipIf(!hasChromium)(
  'the pages in a browser',
  () => {
    let browser: Browser
    let server: Console
    let cluster: FakeCluster
    let page: Page
    const faults: string[] = []

    beforeAll(async () => {
      if (isStale()) buildApp()
      browser = await chromium.launch({ executablePath: chromiumPath, args: flags.split(' ') })
    }, 120_000)
    afterAll(() => browser?.close())

    beforeEach(async () => {
      cluster = new FakeCluster({ Orders: 2, '%RETRY%shop': 1 })
      server = await startConsole({ namesrv: [], port: 0, source: () => cluster, appDirectory })
      page = await browser.newPage()
      page.setDefaultTimeout(10_000)
      faults.length = 0
      page.on('pageerror', (error) => faults.push(error.message))
      page.on('console', (message) => message.type() === 'error' && faults.push(message.text()))
      page.on('request', (request) => {
        if (!/^(http:\/\/127\.0\.0\.1:|data:)/.test(request.url())) faults.push(`asks elsewhere: ${request.url()}`)
      })
    })
    afterEach(async () => {
      await page.close()
      await server.close()
    })

    const open = (path: string) => page.goto(`http://127.0.0.1:${server.address.port}/#${path}`)

    it('send a message and show it in the list, and open it', async () => {
      await open('/topics/Orders')
      await page.getByText('No message here').waitFor()
      await page.getByRole('tab', { name: 'Send a message' }).click()
      await page.getByRole('textbox', { name: 'Body' }).fill('{"order":4711}')
      await page.getByRole('textbox', { name: 'Tag' }).fill('TagA')
      await page.getByLabel('Keys').fill('k1 k2')
      await page.getByLabel('Properties').fill('colour=red')
      await page.getByRole('button', { name: 'Send' }).click()
      await page.getByText('SEND_OK').waitFor()
      await page.getByRole('tab', { name: 'Messages' }).click()
      const row = page.getByRole('row').filter({ hasText: '{"order":4711}' })
      await row.getByText('TagA').waitFor()
      await row.getByRole('button', { name: /Open message at offset 0/ }).click()
      const message = page.getByRole('dialog')
      await message.getByText('"order": 4711').waitFor()
      await message.getByText('colour').waitFor()
      await message.getByText('Hex', { exact: true }).click()
      await message.getByText('7b 22 6f 72').waitFor()
      expect(faults).toEqual([])
    })

    it('ask for messages of the chosen queue', async () => {
      for (const queueId of [0, 1])
        await cluster.send({
          topic: 'Orders',
          body: Buffer.from(`in ${queueId}`),
          queue: { topic: 'Orders', brokerName: 'broker-a', queueId },
        })
      await open('/topics/Orders')
      await page.getByText('in 0').waitFor()
      await page.getByRole('textbox', { name: 'Queue' }).first().click()
      await page.getByRole('option', { name: 'broker-a 1' }).click()
      await page.getByText('in 0').waitFor({ state: 'detached' })
      await page.getByText('in 1').waitFor()
      expect(faults).toEqual([])
    })

    it('show the cluster live, and find their way by keyboard', async () => {
      await open('/')
      await page.getByText('V4_7_1').waitFor()
      await page.getByText('they survive a power loss').waitFor()
      cluster.info = { ...cluster.info, msgPutTotalTodayNow: '7777' }
      await page.getByText('7,277').first().waitFor()
      await page.getByRole('link', { name: 'Topics', exact: true }).focus()
      await page.keyboard.press('Enter')
      await page.getByLabel('Search topics').fill('order')
      await page.getByText('1 of 2 topics').waitFor()
      await page.getByRole('link', { name: 'Orders' }).press('Enter')
      await page.getByRole('heading', { name: 'Orders' }).waitFor()
      expect(faults).toEqual([])
    })

    it('open a topic whose name has to be encoded, and after a reload again', async () => {
      await open('/topics')
      await page.getByText('Retry', { exact: true }).click()
      await page.getByRole('link', { name: '%RETRY%shop' }).click()
      await page.getByRole('heading', { name: '%RETRY%shop' }).waitFor()
      await page.reload()
      await page.getByRole('tab', { name: 'Queues and route' }).click()
      await page.getByText('read and write (6)').waitFor()
      expect(faults).toEqual([])
    })

    it('create a topic and go to it', async () => {
      await open('/topics')
      await page.getByRole('button', { name: 'New topic' }).click()
      await page.getByRole('textbox', { name: 'Name' }).fill('a b')
      await page.getByRole('button', { name: 'Create' }).click()
      await page.getByRole('alert').getByText('allowed are letters').waitFor()
      await page.getByRole('textbox', { name: 'Name' }).fill('Fresh')
      await page.getByRole('button', { name: 'Create' }).click()
      await page.getByRole('heading', { name: 'Fresh' }).waitFor()
    })

    it('say what to do without brokers, and without name server', async () => {
      cluster.places = []
      await open('/')
      await page.getByText('No broker is registered yet').waitFor()
      await page.getByText('npx mqbroker -n 127.0.0.1:9876').waitFor()
      cluster.failures.set('brokers', new ConsoleError('CLUSTER_UNREACHABLE', 'no name server there', 'Start one.'))
      await page.getByRole('alert').getByText('No name server there').waitFor()
      await page.getByText('Start one.').waitFor()
      cluster.failures.clear()
      await page.getByRole('alert').waitFor({ state: 'detached' })
    })
  },
  60_000,
)

/** In a process of its own: under the test runner's NODE_ENV it would be a development build, and stay in dist. */
function buildApp(): void {
  const vite = join(packageDirectory, 'node_modules', 'vite', 'bin', 'vite.js')
  const env = { ...process.env, NODE_ENV: 'production' }
  execFileSync(process.execPath, [vite, 'build'], { cwd: packageDirectory, env, stdio: 'pipe' })
}

/** Whether a file of the app is newer than what was built of it. */
function isStale(): boolean {
  const built = join(appDirectory, 'index.html')
  if (!existsSync(built)) return true
  const builtMs = statSync(built).mtimeMs
  const names = readdirSync(join(packageDirectory, 'app'), { recursive: true }) as string[]
  return names.some((name) => statSync(join(packageDirectory, 'app', name)).mtimeMs > builtMs)
}
