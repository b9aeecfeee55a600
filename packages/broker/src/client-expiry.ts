import type { Clock, Logger, Timer } from '@mq/io'
import type { Channel } from '@mq/remoting'
import { clientExpiryMs } from './client-channels.js'
import type { Consumers } from './consumers.js'
import type { Producers } from './producers.js'

/** How often clients without heartbeats are looked for, ms (`ClientHousekeepingService`, 4.7.1). */
const scanMs = 10_000

/** Closes channels whose clients have not sent a heartbeat for two minutes; what hangs on them follows from that. */
export function watchHeartbeats(
  clock: Clock,
  logger: Logger,
  clients: { producers: Producers; consumers: Consumers },
): Timer {
  return clock.every(scanMs, () => {
    const beforeMs = clock.monotonic() - clientExpiryMs
    const silent = new Set<Channel>([
      ...clients.producers.silentSince(beforeMs),
      ...clients.consumers.silentSince(beforeMs),
    ])
    for (const channel of silent) {
      logger.warn({ peer: channel.name }, `${channel.name} closed: no heartbeat for ${clientExpiryMs / 1000} s`)
      channel.close()
    }
  })
}
