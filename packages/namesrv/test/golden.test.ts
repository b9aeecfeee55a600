import { beforeAll, describe, expect, it } from 'vitest'
import {
  decodeClusterInfo,
  decodeKVTable,
  decodeTopicList,
  decodeTopicRouteData,
  isOneway,
  parseProperties,
  RequestCode,
  type ReceivedCommand,
} from '@mq/protocol'
import { namesrvConfigTable } from '../src/index.js'
import { goldenExchanges, type Exchange } from './support/golden.js'
import { Lab, type Peer } from './support/lab.js'

const exchanges = goldenExchanges()

/** What the body of an answer means, by request code. */
const meaningOf = (code: number, body: Uint8Array | undefined): unknown => {
  if (body === undefined) return undefined
  if (code === RequestCode.GET_ROUTEINFO_BY_TOPIC) return decodeTopicRouteData(body)
  if (code === RequestCode.GET_BROKER_CLUSTER_INFO) return decodeClusterInfo(body)
  if (code === RequestCode.REGISTER_BROKER || code === RequestCode.GET_KVLIST_BY_NAMESPACE) return decodeKVTable(body)
  if (code === RequestCode.GET_NAMESRV_CONFIG) return new Set(parseProperties(Buffer.from(body).toString()).keys())
  const { topicList, brokerAddr } = decodeTopicList(body)
  return { topics: new Set(topicList), brokerAddr }
}

function expectSameMeaning(given: ReceivedCommand, { code, note, response }: Exchange): void {
  expect(given.code, note).toBe(response!.code)
  expect(given.extFields ?? {}, note).toEqual(response!.extFields ?? {})
  expect(meaningOf(code, given.body), note).toEqual(meaningOf(code, response!.body))
  // Our sentence may go on where Apache's ends; its link to a web page is left out.
  const [firstLine = ''] = (response!.remark ?? '').split('\n')
  if (firstLine !== '') expect(given.remark, note).toContain(firstLine)
}

describe.each(['4.7.1', '5.3.3'] as const)('requests recorded with %s', (source) => {
  const find = (code: number, note: string | RegExp): Exchange[] => {
    const found = exchanges.filter(
      (one) =>
        one.source === source &&
        one.code === code &&
        (typeof note === 'string' ? one.note === note : note.test(one.note)),
    )
    expect(found.length, `${code} ${note}`).toBeGreaterThan(0)
    return found
  }
  const topicOf = ({ request }: Exchange) => request.extFields!['topic']

  describe('with a broker', () => {
    let lab: Lab
    let peer: Peer
    beforeAll(async () => {
      lab = await Lab.start()
      peer = lab.peer('broker')
      const [registration] = find(RequestCode.REGISTER_BROKER, 'name server and broker start')
      expectSameMeaning(await peer.send(registration!.request), registration!)
    })

    it('give its routes', async () => {
      const routes = find(RequestCode.GET_ROUTEINFO_BY_TOPIC, /./).filter(
        (one) => topicOf(one) === 'TBW102' && !one.note.startsWith('slave') && one.response?.code === 0,
      )
      expect(routes.length).toBeGreaterThan(3)
      for (const route of routes) expectSameMeaning(await peer.send(route.request), route)
    })

    it('say which topics are not there', async () => {
      const missing = find(RequestCode.GET_ROUTEINFO_BY_TOPIC, /./).filter(({ response }) => response?.code === 17)
      expect(missing.length).toBeGreaterThan(3)
      for (const route of missing) expectSameMeaning(await peer.send(route.request), route)
    })

    it('give the cluster', async () => {
      const alone = find(RequestCode.GET_BROKER_CLUSTER_INFO, /./).filter(
        ({ response }) => !Buffer.from(response!.body!).includes('21921') && response!.body!.length > 100,
      )
      expect(alone.length).toBeGreaterThan(5)
      for (const one of alone) expectSameMeaning(await peer.send(one.request), one)
    })

    it.each([
      [RequestCode.GET_SYSTEM_TOPIC_LIST_FROM_NS, /./],
      [RequestCode.GET_UNIT_TOPIC_LIST, /./],
      [RequestCode.GET_HAS_UNIT_SUB_TOPIC_LIST, /./],
      [RequestCode.GET_HAS_UNIT_SUB_UNUNIT_TOPIC_LIST, /./],
      [RequestCode.QUERY_DATA_VERSION, /unknown broker/],
      [RequestCode.WIPE_WRITE_PERM_OF_BROKER, /unknown broker/],
      [RequestCode.DELETE_TOPIC_IN_NAMESRV, /./],
      [RequestCode.REGISTER_BROKER, /wrong checksum/],
      [RequestCode.GET_KV_CONFIG, /missing key/],
      [RequestCode.GET_KVLIST_BY_NAMESPACE, /missing namespace/],
    ])('%i %s mean the same', async (code, note) => {
      for (const one of find(code, note)) expectSameMeaning(await peer.send(one.request), one)
    })

    it('of an unknown code are refused, where 4.7.1 is silent', async () => {
      const [unknown] = find(9999, /./)
      expect((await peer.send(unknown!.request)).code).toBe(3)
    })
  })

  it('of a slave are told where the master is, and the slave is in the routes', async () => {
    const lab = await Lab.start()
    const registrations = find(RequestCode.REGISTER_BROKER, /./)
    const slave = registrations.find(({ request }) => request.extFields!['brokerId'] === '1')!
    const [master] = find(RequestCode.REGISTER_BROKER, 'name server and broker start')
    await lab.peer('master').send(master!.request)
    expectSameMeaning(await lab.peer('slave').send(slave.request), slave)

    const both = exchanges.filter(
      (one) => one.source === source && one.code === 105 && Buffer.from(one.response?.body ?? []).includes('21921'),
    )
    for (const one of both.filter((one) => topicOf(one) === 'TBW102'))
      expectSameMeaning(await lab.peer('client').send(one.request), one)
  })

  it('put, get, list and delete kv entries', async () => {
    const lab = await Lab.start()
    const peer = lab.peer('admin')
    const codes: number[] = [RequestCode.PUT_KV_CONFIG, RequestCode.GET_KV_CONFIG, RequestCode.GET_KVLIST_BY_NAMESPACE]
    const inTestNamespace = exchanges.filter(
      (one) =>
        one.source === source && one.request.extFields?.['namespace'] === 'NS_TEST' && one.response !== undefined,
    )
    for (const code of [...codes, RequestCode.DELETE_KV_CONFIG]) {
      const [one] = inTestNamespace.filter((exchange) => exchange.code === code)
      expectSameMeaning(await peer.send(one!.request), one!)
    }
    expect((await peer.call(RequestCode.GET_KV_CONFIG, { namespace: 'NS_TEST', key: 'key2' })).code).toBe(22)
    // A namespace that has become empty is still one, as in Apache.
    expect((await peer.call(RequestCode.GET_KVLIST_BY_NAMESPACE, { namespace: 'NS_TEST' })).code).toBe(0)
  })

  it('find the order configuration with the answer to a registration', async () => {
    const lab = await Lab.start()
    const peer = lab.peer('broker')
    const ordered = find(RequestCode.REGISTER_BROKER, /./).find(({ response }) => (response?.body?.length ?? 0) > 2)
    const put = find(RequestCode.PUT_KV_CONFIG, /updateTopic/)[0]!
    await peer.send(put.request)
    if (ordered !== undefined) expectSameMeaning(await peer.send(ordered.request), ordered)
    else expect(source).toBe('5.3.3')
  })

  it('change the configuration', async () => {
    const lab = await Lab.start()
    const peer = lab.peer('admin')
    const [update] = find(RequestCode.UPDATE_NAMESRV_CONFIG, /orderMessageEnable/)
    expectSameMeaning(await peer.send(update!.request), update!)
    const { body } = await peer.call(RequestCode.GET_NAMESRV_CONFIG)
    expect(parseProperties(Buffer.from(body!).toString()).get('orderMessageEnable')).toBe('true')
  })

  it('all get an answer of a code that Apache gives to such a request', async () => {
    const lab = await Lab.start()
    const peer = lab.peer('all')
    const ours = exchanges.filter((one) => one.source === source && one.code !== 9999)
    const codes = new Map<number, Set<number>>()
    for (const { code, response } of ours) {
      if (response === undefined) continue
      codes.set(code, (codes.get(code) ?? new Set()).add(response.code))
    }
    for (const { code, request, note } of ours) {
      if (isOneway(request)) await peer.sendOneway(request)
      else expect(codes.get(code), `${code} ${note}`).toContain((await peer.send(request)).code)
    }
  })
})

describe('requests of Go and ali-ons', () => {
  it('are answered', async () => {
    const lab = await Lab.start()
    await lab.peer('broker').register({ topics: { TBW102: { perm: 7 } } })
    const peer = lab.peer('client')
    for (const { source, request, response } of exchanges.filter(
      ({ source }) => source === 'go' || source === 'ali-ons',
    )) {
      const answer = await peer.send(request)
      expect([0, 17], source).toContain(answer.code)
      if (answer.code === 0 && response?.code === 0) expect(typeof answer.body).toBe(typeof response.body)
    }
  })
})

describe('the configuration Apache prints', () => {
  it('has no key that is not known here', () => {
    const [config] = exchanges.filter((one) => one.source === '4.7.1' && one.code === RequestCode.GET_NAMESRV_CONFIG)
    const entries = parseProperties(Buffer.from(config!.response!.body!).toString())
    const { problems } = namesrvConfigTable.read(entries)
    expect(entries.size).toBe(17)
    expect(problems.filter(({ kind }) => kind === 'unknown' || kind === 'value')).toEqual([])
  })
})
