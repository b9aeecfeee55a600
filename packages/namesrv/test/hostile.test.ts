import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { requestCommand, RequestCode } from '@mq/protocol'
import { Lab, registration } from './support/lab.js'

const hostileNames = ['../x', 'a\u0000b', 'x'.repeat(10_240), 'a b', 'a\nb', '"', '', 'a\\b', '\u2028']

describe('hostile names', () => {
  it.each(hostileNames.map((name) => [JSON.stringify(name).slice(0, 20), name]))(
    'are refused with a sentence: %s',
    async (_shown, name = '') => {
      const lab = await Lab.start()
      const peer = lab.peer('attacker')
      const requests = [
        requestCommand(RequestCode.GET_ROUTEINFO_BY_TOPIC, { topic: name }),
        requestCommand(RequestCode.DELETE_TOPIC_IN_NAMESRV, { topic: name }),
        requestCommand(RequestCode.WIPE_WRITE_PERM_OF_BROKER, { brokerName: name }),
        registration({ brokerName: name }),
        registration({ clusterName: name }),
        registration({ brokerAddr: name }),
        registration({ brokerAddr: `${name}:10911` }),
      ]
      for (const request of requests) {
        const { code, remark } = await peer.send(request)
        expect([code, remark]).toEqual([1, expect.stringMatching(/^the (topic|broker|cluster) [\x20-\x7e…]+$/)])
        expect(remark!.length).toBeLessThan(200)
      }
      expect(JSON.parse(Buffer.from((await peer.call(RequestCode.GET_BROKER_CLUSTER_INFO)).body!).toString())).toEqual({
        brokerAddrTable: {},
        clusterAddrTable: {},
      })
    },
  )

  it('among the topics of a broker leave the others alone, and are logged once', async () => {
    const lab = await Lab.start()
    const peer = lab.peer('broker')
    for (let i = 0; i < 3; i++) await peer.register({ topics: { Good: {}, '../x': {}, 'my.host-1': {} } })
    expect(await peer.route('Good')).not.toBe(17)
    expect(await peer.route('my.host-1')).not.toBe(17)
    expect(await peer.route('../x')).toBe(1)
    expect(lab.lines.filter((line) => line.includes('left out'))).toEqual([
      "topics of broker-a left out: the topic name '../x' has blanks, control characters, quotes or slashes",
    ])
  })

  it('of objects are names like others', async () => {
    const lab = await Lab.start()
    const peer = lab.peer('broker')
    for (const name of ['__proto__', 'constructor', 'toString']) {
      expect(await peer.route(name)).toBe(17)
      expect((await peer.call(RequestCode.GET_KV_CONFIG, { namespace: name, key: name })).code).toBe(22)
    }
    await peer.register({ brokerName: '__proto__', topics: { ['constructor']: {} } })
    expect((await peer.route('constructor')).brokerDatas[0].brokerName).toBe('__proto__')
  })
})

describe('wrong requests', () => {
  it('say which field is missing or mistyped', async () => {
    const lab = await Lab.start()
    const peer = lab.peer('client')
    const remark = async (code: number, fields?: Record<string, string>) => (await peer.call(code, fields)).remark
    expect(await remark(RequestCode.GET_ROUTEINFO_BY_TOPIC)).toContain("'topic' is missing")
    expect(await remark(RequestCode.PUT_KV_CONFIG, { namespace: 'n', key: 'k' })).toContain("'value' is missing")
    expect(await remark(RequestCode.REGISTER_BROKER, { ...registration().extFields, brokerId: 'x' })).toContain(
      "'brokerId'",
    )
    expect(await remark(RequestCode.QUERY_DATA_VERSION, registration().extFields)).toBe(
      'DataVersion: the body is missing',
    )
  })

  it('with kv entries beyond all bounds are refused', async () => {
    const lab = await Lab.start()
    const peer = lab.peer('client')
    const put = async (namespace: string, key: string, value: string) =>
      (await peer.call(RequestCode.PUT_KV_CONFIG, { namespace, key, value })).remark
    expect(await put('', 'k', 'v')).toBe('the namespace is empty')
    expect(await put('n', 'k\u0000', 'v')).toBe("the key 'k?' has control characters")
    expect(await put('n', 'k'.repeat(256), 'v')).toBe('the key has 256 characters, the most is 255')
    expect(await put('n', 'k', 'v'.repeat(65_537))).toBe('the value has 65537 characters, the most is 65536')
    expect(await put('n', 'k', 'v'.repeat(65_536))).toBeUndefined()
  })

  it('never change paths, addresses or unknown keys', async () => {
    const lab = await Lab.start()
    const peer = lab.peer('client')
    const change = async (text: string) => {
      const { code, remark } = await peer.call(RequestCode.UPDATE_NAMESRV_CONFIG, undefined, text)
      return code === 0 ? 'changed' : remark
    }
    expect(await change('kvConfigPath=/etc/passwd\n')).toContain('kvConfigPath cannot be changed while')
    expect(await change('bindAddress=0.0.0.0\n')).toContain('bindAddress cannot be changed while')
    expect(await change('orderMessageEnable=true\nlistenPort=1\n')).toContain('listenPort cannot be changed')
    expect(await change('orderMessageEnabled=true')).toContain('did you mean orderMessageEnable?')
    expect(await change('orderMessageEnable=maybe')).toContain('orderMessageEnable must be true or false')
    expect(await change('x=1\n'.repeat(10_000))).toContain('the most is 16384')
    const { body } = await peer.call(RequestCode.GET_NAMESRV_CONFIG)
    expect(Buffer.from(body!).toString()).toContain('orderMessageEnable=false')
    expect(await change('')).toBe('changed')
  })

  it('of any kind leave the name server as it was', async () => {
    const lab = await Lab.start()
    const peer = lab.peer('client')
    const code = fc.constantFrom(
      100,
      101,
      102,
      103,
      104,
      105,
      106,
      205,
      206,
      216,
      219,
      224,
      304,
      311,
      312,
      313,
      318,
      319,
      322,
      9999,
    )
    const name = fc.constantFrom(
      'topic',
      'namespace',
      'key',
      'value',
      'cluster',
      'brokerName',
      'brokerAddr',
      'clusterName',
      'brokerId',
      'compressed',
      'bodyCrc32',
    )
    const fields = fc.dictionary(name, fc.oneof(fc.string(), fc.constantFrom('0', '-1', 'true', '10.0.0.1:1')), {
      noNullPrototype: true,
    })
    const body = fc.option(
      fc.oneof(
        fc.json().map((text) => Buffer.from(text)),
        fc.uint8Array().map((bytes) => Buffer.from(bytes)),
      ),
      {
        nil: undefined,
      },
    )
    await fc.assert(
      fc.asyncProperty(code, fields, body, async (code, fields, body) => {
        const answer = await peer.call(code, fields, body)
        expect([0, 1, 3, 17, 22]).toContain(answer.code)
        if (answer.code !== 0) expect(answer.remark).toBeTruthy()
        expect(answer.remark ?? '').not.toContain('its log says why')
      }),
      { numRuns: 1000 },
    )
    await lab.peer('broker').register()
    expect(await peer.route('TopicA')).not.toBe(17)
  })
})
