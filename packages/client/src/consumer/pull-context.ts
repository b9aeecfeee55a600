import type { ClientError } from '../errors.js'
import { CacheBudget } from './cache-budget.js'
import type { ConsumerCore } from './consumer-core.js'
import type { ConsumerKind } from './consumer-kind.js'
import type { PullContext } from './queue-puller.js'

/** A broker's words for: no such subscription or filter, or an old one. */
const forgottenCodes = new Set<number | undefined>([24, 25, 27, 28])

/** What the pullers of a consumer share. `subVersion`: of the subscriptions, as brokers were told last. */
export const pullContext = (core: ConsumerCore, kind: ConsumerKind, subVersion: () => number): PullContext => ({
  instance: core.instance,
  settings: core.settings,
  pauses: core.pauses,
  statistics: core.statistics,
  budget: new CacheBudget(core.settings),
  commitsWithPulls: !core.settings.broadcasting && kind.autoCommit,
  subVersion,
  onMessages: (puller) => kind.onMessages(puller),
  onProblem: (error) => pullFailed(core, error),
})

/** The broker does not know (this version of) our subscriptions: it has been restarted, or a heartbeat was lost. */
function pullFailed(core: ConsumerCore, error: ClientError): void {
  const { responseCode } = error.details
  if (forgottenCodes.has(responseCode)) void core.instance.heartbeats.toAll()
  if (error.code === 'CONNECT_FAILED' || responseCode === 17) core.instance.routes.refreshAll()
  core.problem(error)
}
