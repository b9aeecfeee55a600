import type { DataVersion } from '@mq/protocol'

/** The version after a change (`DataVersion.nextVersion`): name servers take a table when its version is another one. */
export const nextDataVersion = (version: DataVersion, nowMs: number): DataVersion => ({
  timestamp: nowMs,
  counter: version.counter + 1,
})
