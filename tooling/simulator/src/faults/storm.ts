import type { Cluster } from '../cluster/cluster.js'
import type { Run } from '../run.js'
import { faultKinds, type FaultName, gentleFaults } from './fault-kinds.js'

/** No fault takes longer: an orderly stop, mostly. */
const faultMsMax = 60_000

/** Lets the plan's faults happen for as long as it says. Resolves when all are over. */
export async function storm(run: Run, cluster: Cluster): Promise<void> {
  const endMs = run.nowMs + run.plan.stormMs
  run.weather.survival = run.pick(['nothing', 'some sectors', 'everything'])
  run.weather.namesSurvivePercent = run.pick([0, 50, 100])
  const faults = run.plan.faults.map((name) => repeat(run, cluster, name, endMs))
  const over = Promise.all([run.sleep(run.plan.stormMs), ...faults]).then(() => true)
  const late = run.sleep(run.plan.stormMs + faultMsMax).then(() => false)
  if (!(await Promise.race([over, late]))) run.violate('heals', `a fault does not end within ${faultMsMax} ms`)
}

async function repeat(run: Run, cluster: Cluster, name: FaultName, endMs: number): Promise<void> {
  for (;;) {
    await run.sleep(run.between(1, 2 * run.plan.faultEveryMs))
    if (run.nowMs >= endMs) return
    run.count(`fault ${name}`)
    const disturbance = { fromMs: run.nowMs, toMs: Infinity }
    if (!gentleFaults.has(name)) run.history.disturbances.push(disturbance)
    await faultKinds[name](run, cluster)
    disturbance.toMs = run.nowMs
  }
}
