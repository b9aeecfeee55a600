import { simulate } from '@mq/io/sim'
import { beforeEach, describe, expect, it } from 'vitest'
import { Backend } from '../../src/backend.js'
import { ConsoleError } from '../../src/console-error.js'
import { FakeCluster } from '../fake-cluster.js'

let sim: ReturnType<typeof simulate>
let cluster: FakeCluster
let backend: Backend
beforeEach(() => {
  sim = simulate({ seed: 1 })
  cluster = new FakeCluster({ Orders: 1, Quiet: 1 })
  backend = new Backend({ source: cluster, clock: sim.host('console').io.clock, version: 'test' })
})

class Browser {
  readonly events: { name: string; data: any }[] = []
  isBehind = false
  send = (text: string): boolean => {
    if (this.isBehind) return false
    const [, name, data] = /^event: (\w+)\ndata: (.*)\n\n$/.exec(text)!
    this.events.push({ name: name!, data: JSON.parse(data!) })
    return true
  }
  get last() {
    return this.events.at(-1)!
  }
}

const produce = async (count: number) => {
  for (let i = 0; i < count; i++) await cluster.send({ topic: 'Orders', body: Buffer.from('x') })
}

describe('the live stream', () => {
  it('asks nothing while nobody watches', async () => {
    await sim.run(60_000)
    expect(cluster.calls.size).toBe(0)
    const browser = new Browser()
    backend.live.join(browser)
    await sim.run(10_000)
    backend.live.leave(browser)
    await sim.run(3000)
    const asked = cluster.calls.get('brokers')
    await sim.run(60_000)
    expect(cluster.calls.get('brokers')).toBe(asked)
  })

  it('asks once for all who watch, every two seconds', async () => {
    const browsers = Array.from({ length: 5 }, () => new Browser())
    for (const browser of browsers) backend.live.join(browser)
    await sim.run(20_100)
    expect(cluster.calls.get('brokers')).toBeGreaterThanOrEqual(9)
    expect(cluster.calls.get('brokers')).toBeLessThanOrEqual(12)
    for (const browser of browsers) expect(browser.events.length).toBeGreaterThanOrEqual(9)
  })

  it('tells the whole first, then what changed', async () => {
    const browser = new Browser()
    backend.live.join(browser)
    await sim.run(100)
    expect(browser.last.data).toMatchObject({ whole: true, topics: [{ name: 'Orders' }, { name: 'Quiet' }] })
    await sim.run(6000)
    expect(browser.last.data).toMatchObject({ whole: false, topics: [], removed: [] })
    await produce(3)
    await sim.run(2000)
    expect(browser.last.data.topics).toMatchObject([{ name: 'Orders', inTotal: 3 }])
    cluster.dropTopic('Orders')
    await sim.run(2000)
    expect(browser.last.data).toMatchObject({ whole: false, topics: [], removed: ['Orders'] })
  })

  it('gives the whole to one that comes later, and changes to the others', async () => {
    const early = new Browser()
    const late = new Browser()
    backend.live.join(early)
    await sim.run(6000)
    backend.live.join(late)
    await sim.run(2000)
    expect(late.events[0]!.data.whole).toBe(true)
    expect(early.events.filter(({ data }) => data.whole)).toHaveLength(1)
  })

  it('gives the whole again to one that fell behind', async () => {
    const browser = new Browser()
    backend.live.join(browser)
    await sim.run(4000)
    browser.isBehind = true
    await produce(5)
    await sim.run(4000)
    browser.isBehind = false
    await sim.run(4000)
    const [whole] = browser.events.slice(-2)
    expect(browser.events.filter(({ data }) => data.whole)).toHaveLength(2)
    expect(whole!.data.topics[0]).toMatchObject({ name: 'Orders', inTotal: 5 })
  })

  it('tells in messages a second how fast a topic fills', async () => {
    const browser = new Browser()
    backend.live.join(browser)
    for (let i = 0; i < 10; i++) {
      await produce(20)
      await sim.run(1000)
    }
    const rates = browser.events.flatMap(({ data }) => data.topics.filter(({ name }: any) => name === 'Orders'))
    expect(rates.at(-1).inRate).toBeGreaterThan(15)
    expect(rates.at(-1).inRate).toBeLessThan(25)
    await sim.run(10_000)
    expect(
      browser.events.flatMap(({ data }) => data.topics.filter(({ name }: any) => name === 'Orders')).at(-1),
    ).toMatchObject({ inRate: 0 })
  })

  it('tells of a cluster that cannot be reached, and goes on when it can', async () => {
    const browser = new Browser()
    cluster.failures.set('brokers', new ConsoleError('CLUSTER_UNREACHABLE', 'no name server', 'Start one.'))
    backend.live.join(browser)
    await sim.run(3000)
    expect(browser.last).toMatchObject({ name: 'problem', data: { error: { code: 'CLUSTER_UNREACHABLE' } } })
    cluster.failures.clear()
    await sim.run(3000)
    expect(browser.last).toMatchObject({ name: 'live' })
    expect(browser.events.find(({ name }) => name === 'live')!.data.whole).toBe(true)
  })

  it('leaves a topic whose brokers fail alone for a while, and shows the others', async () => {
    const browser = new Browser()
    const { queueOffsets } = cluster
    let asked = 0
    cluster.queueOffsets = function (topic: string) {
      if (topic === 'Quiet') return queueOffsets.call(this, topic)
      asked++
      return Promise.reject(new Error('broken'))
    }
    backend.live.join(browser)
    await sim.run(9000)
    expect(asked).toBe(1)
    await sim.run(4000)
    expect(asked).toBe(2)
    expect(browser.events[0]!.data.topics).toMatchObject([
      { name: 'Orders', inTotal: null },
      { name: 'Quiet', inTotal: 0 },
    ])
  })
})
