import { flipBit } from './flip-bit.js'
import { flipEntryBit } from './flip-entry-bit.js'
import type { SimNode } from '../cluster/sim-node.js'
import type { Cluster } from '../cluster/cluster.js'
import type { Run } from '../run.js'

/** Lets one fault happen. Resolves when it is over, as far as it is not up to the nodes themselves. */
type Fault = (run: Run, cluster: Cluster) => Promise<void> | void

const clientsOf = ({ producers, consumers }: Cluster): SimNode[] => [...producers, ...consumers]

function killOne(nodes: readonly SimNode[], how: 'kill' | 'power loss', run: Run): void {
  const node = run.pick(nodes)
  node.downMs = run.between(10, 3000)
  node.kill(how)
}

async function pauseOne(nodes: readonly SimNode[], run: Run): Promise<void> {
  const node = run.pick(nodes)
  if (!node.alive || node.host.paused) return
  run.note(node.name, 'is paused')
  node.host.pause()
  await run.sleep(run.between(10, 8000))
  run.note(node.name, 'goes on')
  if (node.host.paused) node.host.resume()
}

/** Keeps something switched on for a while. */
async function meanwhile(run: Run, what: string, begin: () => () => void, msMax = 5000): Promise<void> {
  run.note('fault', what)
  const end = begin()
  await run.sleep(run.between(10, msMax))
  end()
  run.note('fault', `over: ${what}`)
}

function linkOf(run: Run, { nodes }: Cluster): [SimNode, SimNode] {
  const from = run.pick(nodes)
  return [from, run.pick(nodes.filter((each) => each !== from))]
}

function loseConnections(run: Run, cluster: Cluster, halfOpen: boolean): void {
  const [from, to] = linkOf(run, cluster)
  if (!from.alive || !to.alive) return
  run.note('fault', `${from.name} loses its connections with ${to.name}${halfOpen ? ', who does not notice' : ''}`)
  from.host.loseConnections(to.name, { halfOpen })
}

/** Whose syncs fail together. */
const syncedFiles = { 'the commit log': /commitlog/, 'what is derived from it': /consumequeue|\/index|checkpoint/ }

/** All faults there are, by the name a plan has them under. */
export const faultKinds = {
  'kill-broker': (run, { brokers }) => killOne(brokers, 'kill', run),
  'power-loss': (run, { brokers }) => killOne(brokers, 'power loss', run),
  'restart-broker': async (run, { brokers }) => {
    const node = run.pick(brokers)
    node.downMs = run.between(10, 2000)
    await node.stop()
  },
  'pause-broker': (run, { brokers }) => pauseOne(brokers, run),
  'kill-client': (run, cluster) => killOne(clientsOf(cluster), 'kill', run),
  'pause-client': (run, cluster) => pauseOne(clientsOf(cluster), run),
  'kill-name-server': (run, { nameServers }) => killOne(nameServers, 'kill', run),
  partition: (run, cluster) => {
    const [a, b] = linkOf(run, cluster)
    return meanwhile(run, `nothing passes between ${a.name} and ${b.name}`, () => {
      const ends = [run.weather.block(a.name, b.name), run.weather.block(b.name, a.name)]
      return () => ends.forEach((end) => end())
    })
  },
  'one-way-partition': (run, cluster) => {
    const [a, b] = linkOf(run, cluster)
    return meanwhile(run, `nothing passes from ${a.name} to ${b.name}`, () => run.weather.block(a.name, b.name))
  },
  'slow-network': (run, { nodes }) => {
    const { name } = run.pick(nodes)
    return meanwhile(run, `${name} has a slow network`, () => run.weather.slowLink(name, run.between(2, 800)))
  },
  'lost-connections': (run, cluster) => loseConnections(run, cluster, false),
  'half-open-connections': (run, cluster) => loseConnections(run, cluster, true),
  'slow-reader': (run, cluster) => {
    const { name } = run.pick(clientsOf(cluster))
    return meanwhile(run, `${name} reads slowly`, () => run.weather.slowReader(name, run.between(10, 2000)))
  },
  'slow-sync': (run, { brokers }) => {
    const { name } = run.pick(brokers)
    return meanwhile(run, `the disk of ${name} syncs slowly`, () => run.weather.slowSync(name, run.between(5, 3000)))
  },
  'failing-sync': (run, { brokers }) => {
    const { name: host } = run.pick(brokers)
    const [files, path] = run.pick(Object.entries(syncedFiles))
    const trouble = { host, calls: ['sync'] as const, code: 'IO_FAILED' as const, path }
    return meanwhile(run, `syncs of ${files} fail on ${host}`, () => run.weather.failing(trouble), 500)
  },
  'no-space': (run, { brokers }) => {
    const { name: host } = run.pick(brokers)
    const trouble = { host, calls: ['write'] as const, code: 'NO_SPACE' as const, path: /./ }
    return meanwhile(run, `the disk of ${host} is full`, () => run.weather.failing(trouble))
  },
  'slow-read': (run, { brokers }) => {
    const { name } = run.pick(brokers)
    return meanwhile(run, `the disk of ${name} reads slowly`, () => run.weather.slowRead(name, run.between(5, 500)))
  },
  'clock-step': (run, { nodes }) => {
    const node = run.pick(nodes)
    const stepMs = run.between(-3_600_000, 3_600_000)
    run.note(node.name, `its clock steps by ${stepMs} ms`)
    node.host.clockOffsetMs += stepMs
  },
  'restart-client': async (run, cluster) => {
    const node = run.pick(clientsOf(cluster))
    node.downMs = run.between(10, 2000)
    await node.stop()
  },
  'bit-flip': flipBit,
  'entry-bit-flip': flipEntryBit,
} as const satisfies Record<string, Fault>

export type FaultName = keyof typeof faultKinds
/** Those under which no client loses a connection, an answer or its place. */
export const gentleFaults: ReadonlySet<FaultName> = new Set<FaultName>([
  ...(['kill-name-server', 'slow-sync', 'slow-read', 'clock-step', 'restart-client'] as const),
])

export const faultNames = Object.keys(faultKinds) as FaultName[]
