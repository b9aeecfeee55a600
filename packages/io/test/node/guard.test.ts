import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { nodeIo } from '../../src/node/index.js'

describe('callbacks that throw', () => {
  test('are reported to onError, and the others go on', async () => {
    const errors: unknown[] = []
    const io = nodeIo({ onError: (error) => errors.push((error as Error).message) })
    const fail = (text: string): never => {
      throw new Error(text)
    }
    let closed = 0
    const listener = await io.network.listen({ host: '127.0.0.1', port: 0 }, (connection) => {
      connection.onData = () => fail('in data')
      connection.onClose = () => fail('in close')
      fail('in accept')
    })
    const client = await io.network.connect(listener.address)
    await new Promise<void>((resolve) => {
      client.onData = () => {}
      client.onClose = () => {
        closed++
        io.clock.endOfTurn(() => fail('in task'))
        io.clock.endOfTurn(() => io.clock.after(20, resolve))
      }
      client.write([Buffer.from('x')])
      client.end()
      io.clock.after(1, () => fail('in timer'))
    })
    await listener.close()
    expect(errors.sort()).toEqual(['in accept', 'in close', 'in data', 'in task', 'in timer'])
    expect(closed).toBe(1)
  })

  test('end the process by default, with their own stack', async () => {
    const source = readFileSync(new URL('../../src/node/guard.ts', import.meta.url), 'utf8')
    const guard = ts.transpileModule(source, { compilerOptions: { module: ts.ModuleKind.ESNext } }).outputText
    const { code, output } = await runScript(`${guard}
      function faultyHandler() { throw new Error('handler failed') }
      createGuard(rethrow).call(faultyHandler)
      setTimeout(() => console.log('still alive'), 200)`)
    expect(code).not.toBe(0)
    expect(output).toContain('handler failed')
    expect(output).toContain('faultyHandler')
    expect(output).not.toContain('still alive')
  })
})

function runScript(script: string): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, ['--input-type=module', '-e', script], (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, output: stdout + stderr })
    })
  })
}
