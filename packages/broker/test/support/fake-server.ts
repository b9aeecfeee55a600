import type { Answer, ReceivedCommand } from '@mq/protocol'
import { RemotingServer } from '@mq/remoting'
import type { Bench } from './bench.js'

export interface FakeServer {
  /** Requests that came, oldest first. */
  seen: ReceivedCommand[]
  address: string
  close(): Promise<void>
}

/** Answers requests of some codes and takes notes; the first one made in a test is at 10.0.0.2:9876. */
export async function startFakeServer(
  bench: Bench,
  name: string,
  codes: number[],
  answer: (request: ReceivedCommand) => Answer | undefined,
): Promise<FakeServer> {
  const host = bench.sim.host(name)
  const server = new RemotingServer({ io: host.io })
  const seen: ReceivedCommand[] = []
  for (const code of codes) {
    server.handle(code, (request) => {
      seen.push(request)
      return answer(request)
    })
  }
  await bench.sim.settle(server.listen({ host: '0.0.0.0', port: 9876 }))
  return { seen, address: `${host.address}:9876`, close: () => server.close() }
}
