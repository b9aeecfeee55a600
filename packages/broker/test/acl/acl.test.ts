import {
  decodeAclConfig,
  RequestCode,
  requestSigner,
  requestCommand,
  ResponseCode,
  type Credentials,
} from '@mq/protocol'
import { inspect } from 'node:util'
import type { Logger } from '@mq/io'
import { afterEach, describe, expect, test } from 'vitest'
import '../../src/acl/acl.js'
import { AclFile } from '../../src/acl/acl-file.js'
import { Bench, sendFields, type TestClient } from '../support/bench.js'
import { goldenExchanges } from '../support/golden.js'

const path = '/conf/plain_acl.yml'
/** Those of Apache's recording. */
const rules = `# kept
globalWhiteRemoteAddresses:
- 10.10.103.*
accounts:
- accessKey: RocketMQ
  secretKey: 12345678
  admin: true
- accessKey: rocketmq2   # an ordinary one
  secretKey: 12345678
  whiteRemoteAddress:
  defaultTopicPerm: PUB|SUB
  defaultGroupPerm: SUB
  topicPerms:
  - TopicDenied=DENY
  groupPerms:
  - CG_DENIED=DENY
  - CG_ACL=SUB
`
const admin = { accessKey: 'RocketMQ', secretKey: '12345678' }
const user = { accessKey: 'rocketmq2', secretKey: '12345678' }
let bench: Bench
afterEach(() => bench?.close())

async function start(text = rules, logger?: Logger): Promise<TestClient> {
  bench = await Bench.start(
    { aclEnable: true, 'rocketmq.acl.plain.file': path },
    { logger, prepare: ({ io }) => (io.disk.makeDirectory('/conf'), io.disk.replaceWhole(path, Buffer.from(text))) },
  )
  return bench.client()
}

async function ask(client: TestClient, who: Credentials | undefined, code: number, fields = {}, body?: Uint8Array) {
  const command = requestCommand(code, fields, body)
  if (who) requestSigner(who)(command)
  return client.call(code, command.extFields, body)
}
const sendAs = (client: TestClient, who: Credentials | undefined, topic: string) =>
  ask(client, who, RequestCode.SEND_MESSAGE_V2, sendFields(topic), Buffer.from('x'))
const fileText = () => Buffer.from(bench.host.io.disk.readWhole(path)!).toString()

describe('who may do what', () => {
  test('signed by an account: passes; unsigned, unknown, wrong secret, changed: refused', async () => {
    const client = await start()
    expect((await sendAs(client, user, 'TopicAcl')).code).toBe(ResponseCode.SUCCESS)
    const refused = async (who: Credentials | undefined, words: string) =>
      expect(await sendAs(client, who, 'TopicAcl')).toMatchObject({ code: 16, remark: expect.stringContaining(words) })
    await refused(undefined, 'No accessKey is configured')
    await refused({ ...user, accessKey: 'nobody' }, 'No acl config for nobody')
    await refused({ ...user, secretKey: 'wrong-secret' }, 'Check signature failed for accessKey=rocketmq2')
    const unsigned = await client.call(RequestCode.SEND_MESSAGE_V2, {
      ...sendFields('TopicAcl'),
      AccessKey: 'rocketmq2',
    })
    expect(unsigned).toMatchObject({ code: 16, remark: expect.stringMatching(/^Check signature failed/) })
    const tampered = requestCommand(RequestCode.SEND_MESSAGE_V2, sendFields('TopicAcl'), Buffer.from('x'))
    requestSigner(user)(tampered)
    const answer = await client.call(tampered.code, { ...tampered.extFields, b: 'TopicElse' }, Buffer.from('x'))
    expect(answer.code).toBe(16)
  })

  test('topics and groups by permission, with every kind of request that reaches them', async () => {
    const client = await start()
    const { SEND_BATCH_MESSAGE, PULL_MESSAGE, LITE_PULL_MESSAGE, GET_CONSUMER_LIST_BY_GROUP } = RequestCode
    const refused = async (code: number, fields: Record<string, string>) =>
      expect((await ask(client, user, code, fields, Buffer.from('x'))).remark).toMatch(
        /^No default permission for (topic|group):\w+Denied|CG_DENIED/,
      )
    await refused(RequestCode.SEND_MESSAGE_V2, sendFields('TopicDenied'))
    await refused(SEND_BATCH_MESSAGE, sendFields('TopicDenied', { m: 'true' }))
    for (const code of [PULL_MESSAGE, LITE_PULL_MESSAGE]) {
      await refused(code, client.pullFields('TopicDenied', 'CG_ACL', 0))
      await refused(code, client.pullFields('TopicAcl', 'CG_DENIED', 0))
    }
    await refused(GET_CONSUMER_LIST_BY_GROUP, { consumerGroup: 'CG_DENIED' })
    await refused(RequestCode.INVOKE_BROKER_TO_RESET_OFFSET, { topic: 'TopicAcl', group: 'CG_DENIED', timestamp: '0' })
  })

  test('administrators alone change topics, configuration and accounts', async () => {
    const client = await start()
    const { UPDATE_BROKER_CONFIG, GET_BROKER_CLUSTER_ACL_CONFIG, DELETE_ACL_CONFIG } = RequestCode
    for (const code of [UPDATE_BROKER_CONFIG, GET_BROKER_CLUSTER_ACL_CONFIG, DELETE_ACL_CONFIG]) {
      const answer = await ask(client, user, code, { accessKey: 'rocketmq2' })
      expect(answer.remark).toBe(`Need admin permission for request code=${code}, but accessKey=rocketmq2 is not`)
    }
    expect((await sendAs(client, admin, 'TopicDenied')).code).toBe(ResponseCode.SUCCESS)
  })

  test('requests from white addresses pass unsigned', async () => {
    const client = await start(rules.replace('10.10.103.*', '10.0.0.*'))
    expect((await sendAs(client, undefined, 'TopicDenied')).code).toBe(ResponseCode.SUCCESS)
  })

  test("the recorded requests of Apache's clients are let through and refused as there", async () => {
    const client = await start(rules.replace('TopicDenied=DENY', 'TopicDenied=DENY\n  - TopicAcl=PUB|SUB'))
    const recorded = goldenExchanges().filter(
      ({ note, request }) => /^acl:/.test(note) && request.code !== 105 && request.code !== 103,
    )
    let refusals = 0
    for (const { note, code, request, response } of recorded.filter(({ response }) => response !== undefined)) {
      const answer = await client.call(code, request.extFields, request.body)
      const said = /AclException: ([^,]+)/.exec(response!.remark ?? '')?.[1]
      if (said) refusals++
      const isRefused = /^(No accessKey|No acl config|Check signature|No default permission|Need admin)/.test(
        answer.remark ?? '',
      )
      expect([note, isRefused]).toEqual([note, said !== undefined])
      if (said) expect(answer.remark!.startsWith(said.trim())).toBe(true)
    }
    expect(refusals).toBeGreaterThan(5)
  })
})

test('no secret and no signature is in any log line or answer, whatever is done', async () => {
  const said: string[] = []
  const note = (fields: object, message: string) => void said.push(inspect(fields, { depth: 9 }), message)
  const logger: Logger = { debug: note, info: note, warn: note, error: note, child: () => logger }
  const secret = 'Topmost-Secret-1'
  const client = await start(rules.replaceAll('12345678', secret), logger)
  const root = { accessKey: 'RocketMQ', secretKey: secret }
  const token = { ...root, accessKey: 'rocketmq2', securityToken: 'Topmost-Secret-token' }
  const wrong = { ...root, secretKey: 'Topmost-Secret-2' }
  const account = { accessKey: 'fresh-one', secretKey: 'Topmost-Secret-3', admin: 'false' }
  const { UPDATE_AND_CREATE_ACL_CONFIG, UPDATE_BROKER_CONFIG, GET_BROKER_CONFIG } = RequestCode
  const { GET_BROKER_CLUSTER_ACL_CONFIG, GET_BROKER_RUNTIME_INFO, GET_ALL_TOPIC_CONFIG } = RequestCode
  const asked: [Credentials, number, object?, Uint8Array?][] = [
    ...[root, token, wrong].map(
      (who) => [who, RequestCode.SEND_MESSAGE_V2, sendFields('T'), Buffer.from('x')] as const,
    ),
    [root, UPDATE_AND_CREATE_ACL_CONFIG, account],
    [root, UPDATE_AND_CREATE_ACL_CONFIG, { ...account, topicPerms: 'no permission' }],
    [root, UPDATE_AND_CREATE_ACL_CONFIG, { ...account, accessKey: 'x' }],
    [token, UPDATE_AND_CREATE_ACL_CONFIG, account],
    [
      root,
      UPDATE_BROKER_CONFIG,
      {},
      Buffer.from('secretKey=Topmost-Secret-4\nrocketmq.acl.plain.file=Topmost-Secret-5'),
    ],
    ...[GET_BROKER_CONFIG, GET_BROKER_CLUSTER_ACL_CONFIG, GET_BROKER_RUNTIME_INFO, GET_ALL_TOPIC_CONFIG].map(
      (code) => [root, code] as [Credentials, number],
    ),
  ].map((one) => [...one] as [Credentials, number, object?, Uint8Array?])
  for (const one of asked) {
    const answer = await ask(client, ...one)
    said.push(JSON.stringify(answer.extFields), answer.remark ?? '', Buffer.from(answer.body ?? []).toString())
  }
  const write = (text: string) => bench.host.io.disk.replaceWhole(path, Buffer.from(text))
  for (const text of [
    `accounts:\n- accessKey: abcdefgh\n  secretKey: [${secret}`,
    `accounts:\n- secretKey: ${secret}`,
    secret,
  ]) {
    write(text)
    await bench.sim.run(600)
  }
  expect(said.filter((text) => /stay as they were/.test(text))).toHaveLength(3)
  expect(said.filter((text) => /Topmost-Secret/.test(text))).toEqual([])
})

describe('the file of accounts', () => {
  test('is read again after a change; one that cannot be used changes nothing', async () => {
    const client = await start()
    const write = (text: string) => bench.host.io.disk.replaceWhole(path, Buffer.from(text))
    write(rules.replace('TopicDenied', 'TopicAcl'))
    await bench.sim.run(600)
    expect((await sendAs(client, user, 'TopicAcl')).code).toBe(16)
    write('accounts: [')
    await bench.sim.run(600)
    expect((await sendAs(client, user, 'TopicAcl')).code).toBe(16)
    expect((await sendAs(client, user, 'TopicDenied')).code).toBe(0)
  })

  test('accounts are made, changed and deleted by request; comments stay, secrets are not shown', async () => {
    const client = await start()
    const put = (fields: object) => ask(client, admin, RequestCode.UPDATE_AND_CREATE_ACL_CONFIG, fields)
    const fresh = { accessKey: 'newaccount', secretKey: '01234567', admin: 'false', topicPerms: 'T1=PUB,T2=SUB' }
    expect((await put(fresh)).code).toBe(0)
    const someone = { accessKey: 'newaccount', secretKey: '01234567' }
    expect((await sendAs(client, someone, 'T1')).code).toBe(0)
    expect((await sendAs(client, someone, 'T2')).code).toBe(16)
    expect(fileText()).toContain('# an ordinary one')
    expect(fileText()).toContain('secretKey: "01234567"')

    const listed = await ask(client, admin, RequestCode.GET_BROKER_CLUSTER_ACL_CONFIG)
    expect(decodeAclConfig(listed.body).plainAccessConfigs.at(-1)).toEqual({
      accessKey: 'newaccount',
      admin: false,
      topicPerms: ['T1=PUB', 'T2=SUB'],
    })
    expect(Buffer.from(listed.body!).toString()).not.toMatch(/secretKey|12345678|01234567/)
    const version = await ask(client, user, RequestCode.GET_BROKER_CLUSTER_ACL_INFO)
    expect(JSON.parse(version.extFields!.version!)).toMatchObject({ counter: 1 })

    const short = await put({ accessKey: 'newaccount', secretKey: 'short' })
    expect(short).toMatchObject({ code: 209, remark: 'secretKey must have 7 characters at least' })
    // Without a secret nobody could sign: the file stays as it was.
    expect((await put({ accessKey: 'another-one', admin: 'false' })).code).toBe(209)
    expect(fileText()).not.toContain('another-one')

    const remove = () => ask(client, admin, RequestCode.DELETE_ACL_CONFIG, { accessKey: 'newaccount' })
    expect((await remove()).code).toBe(0)
    expect((await remove()).code).toBe(210)
    expect((await sendAs(client, someone, 'T1')).remark).toContain('No acl config')
    const white = (globalWhiteAddrs: string) =>
      ask(client, admin, RequestCode.UPDATE_GLOBAL_WHITE_ADDRS_CONFIG, { globalWhiteAddrs })
    expect((await white('10.0.0.*,300.1.1.1')).code).toBe(211)
    expect((await white('10.0.0.*')).code).toBe(0)
    expect((await sendAs(client, undefined, 'T1')).code).toBe(0)
  })

  test.each([
    ['', /it is empty/],
    ['- a', /must be a list of keys and values/],
    ['accounts: x', /accounts must be a list/],
    ['accounts:\n- accessKey: short1\n  secretKey: 12345678', /accounts\[0\]\.accessKey must have 7 characters/],
    ['accounts:\n- accessKey: longenough\n  secretKey: [a]', /account longenough: secretKey must be text/],
    ['accounts:\n- accessKey: longenough\n  secretKey: 12345678\n  admin: perhaps', /admin must be true or false/],
    ['accounts:\n- accessKey: longenough\n  secretKey: 12345678\n  topicPerms:\n  - a', /name=permission/],
    ['globalWhiteRemoteAddresses:\n- 10.0.0.0/8', /no pattern for addresses/],
    ['accounts: {secretKey: hidden-secret', /no YAML: \w+ at line 1$/],
    ['['.repeat(20_000), /nested too deeply/],
    ['- '.repeat(20_000), /nested too deeply/],
    ['a: &a [1,1,1]\nb: &b [*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c]', /alias/],
    ['#'.repeat(1024 * 1024 + 1), /the most is 1048576/],
  ])('refuses %.40s', async (text, problem) => {
    await start()
    bench.host.io.disk.replaceWhole('/other.yml', Buffer.from(text))
    expect(() => new AclFile(bench.host.io.disk, '/other.yml').read()).toThrow(problem)
  })

  test('says what has no effect', async () => {
    await start()
    bench.host.io.disk.replaceWhole('/other.yml', Buffer.from(`${rules}  topicPerm: x\n  defaultTopicPerms: y\n`))
    const { warnings } = new AclFile(bench.host.io.disk, '/other.yml').read()
    expect(warnings).toHaveLength(2)
  })
})
