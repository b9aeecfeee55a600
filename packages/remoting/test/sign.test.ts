import { isOneway, requestCommand, type ReceivedCommand } from '@mq/protocol'
import { expect, test } from 'vitest'
import { pair } from './helpers.js'

test('every request is signed once, calls and one-way ones', async () => {
  const sign = (command: { extFields: Record<string, string> | undefined }) =>
    void (command.extFields = { ...command.extFields, signed: `${command.extFields?.signed ?? ''}x` })
  const { sim, server, client, address } = await pair({ client: { sign } })
  const seen: [boolean, string | undefined][] = []
  server.handle(34, (request: ReceivedCommand) => {
    seen.push([isOneway(request), request.extFields?.signed])
    return { code: 0 }
  })
  await sim.settle(client.call(address, requestCommand(34)))
  await sim.settle(client.call(address, requestCommand(34, { a: '1' })))
  await sim.settle(client.send(address, requestCommand(34)))
  await sim.run(100)
  expect(seen).toEqual([
    [false, 'x'],
    [false, 'x'],
    [true, 'x'],
  ])
})
