import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import ts from 'typescript'
import { expect, test } from 'vitest'

test('a process stays awake until it is let go', () => {
  const source = readFileSync(new URL('../../src/node/host.ts', import.meta.url), 'utf8')
  const host = ts.transpileModule(source, { compilerOptions: { module: ts.ModuleKind.ESNext } }).outputText
  const script = `${host}
    const letSleep = nodeHost.stayAwake()
    setTimeout(() => { console.log('awake'); letSleep() }, 50).unref()`
  expect(execFileSync(process.execPath, ['--input-type=module', '-e', script], { timeout: 30_000 }).toString()).toBe(
    'awake\n',
  )
})
