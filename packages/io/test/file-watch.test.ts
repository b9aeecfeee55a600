import { expect, test } from 'vitest'
import { watchFiles } from '../src/index.js'
import { simulate } from '../src/sim/index.js'

const text = (content: string) => Buffer.from(content)

test('changes are told within half a second, those of several files together', async () => {
  const sim = simulate({ seed: 1 })
  const { io } = sim.host('server')
  io.disk.replaceWhole('/key', text('one'))
  let told = 0
  const watch = watchFiles(io, ['/key', '/cert'], () => told++)
  await sim.run(2000)
  expect(told).toBe(0)

  io.disk.replaceWhole('/key', text('two'))
  io.disk.replaceWhole('/cert', text('new'))
  await sim.run(600)
  expect(told).toBe(1)

  io.disk.remove('/cert')
  await sim.run(600)
  expect(told).toBe(2)

  watch.cancel()
  io.disk.remove('/key')
  await sim.run(2000)
  expect(told).toBe(2)
})
