import { describe, expect, test } from 'vitest'
import { runTool, toolConnection, type ToolConnection } from '../src/index.js'

const home = { ROCKETMQ_HOME: '/rocketmq' }
const inEnv = { MQ_ACCESS_KEY: 'env-key', MQ_SECRET_KEY: 'env-secret' }
const toolsYml = { '/rocketmq/conf/tools.yml': '# of the tools\naccessKey: rocketmq2\nsecretKey: 0012345\n' }

const connectionBy = (
  flags: object,
  env: Record<string, string> = {},
  files: Record<string, string> = {},
): Promise<ToolConnection> => toolConnection(flags, { env, readFile: (path) => files[path] })

describe('who the tool is', () => {
  test.each([
    ['nobody', {}, {}, {}, undefined],
    ['by the command line', { ak: 'a', sk: 'b' }, inEnv, toolsYml, { accessKey: 'a', secretKey: 'b' }],
    ['the secret from the environment', { ak: 'a' }, inEnv, {}, { accessKey: 'a', secretKey: 'env-secret' }],
    ['by the environment', {}, { ...inEnv, ...home }, toolsYml, { accessKey: 'env-key', secretKey: 'env-secret' }],
    ["by RocketMQ's file, digits and all", {}, home, toolsYml, { accessKey: 'rocketmq2', secretKey: '0012345' }],
    ['by no file', {}, home, {}, undefined],
    ['by an empty file', {}, home, { '/rocketmq/conf/tools.yml': '# nothing\n' }, undefined],
  ])('%s', async (_, flags, env, files, credentials) => {
    expect((await connectionBy(flags, env as Record<string, string>, files)).credentials).toEqual(credentials)
  })

  test('a security token goes with the keys', async () => {
    const { credentials } = await connectionBy({}, { ...inEnv, MQ_SECURITY_TOKEN: 'token' })
    expect(credentials).toMatchObject({ securityToken: 'token' })
  })

  test('half a pair is a mistake, and a bad file is named without its secret', async () => {
    await expect(connectionBy({ ak: 'a' })).rejects.toThrow('--ak needs --sk')
    await expect(connectionBy({ sk: 'b' })).rejects.toThrow('--sk needs --ak')
    const bad = { '/rocketmq/conf/tools.yml': 'accessKey: a\nsecretKey: "very-secret\n' }
    const failed = connectionBy({}, home, bad)
    await expect(failed).rejects.toThrow('/rocketmq/conf/tools.yml is no YAML')
    await expect(failed).rejects.not.toThrow('very-secret')
  })

  test("-ak and -sk are taken as RocketMQ's users write them", async () => {
    let given: ToolConnection | undefined
    await runTool(['topicList', '-n', 'x:1', '-ak', 'key', '-sk', 'secret'], {
      env: {},
      readFile: () => undefined,
      out: () => {},
      err: () => {},
      connect(_namesrv, connection) {
        given = connection
        return { admin: { topicList: async () => [] }, close: async () => {} } as never
      },
      now: () => 0,
      pause: async () => false,
    })
    expect(given).toEqual({ credentials: { accessKey: 'key', secretKey: 'secret' }, tls: undefined })
  })
})

describe('TLS', () => {
  const properties = 'tls.server.mode=enforcing\ntls.client.authServer=true\ntls.client.trustCertPath=ca.pem\n'
  const files = { 'tls.properties': properties, 'ca.pem': 'CA' }

  test.each([
    ['not unless asked for', {}, undefined],
    ['checked', { tls: true }, { rejectUnauthorized: true }],
    ['not checked', { tlsInsecure: true }, { rejectUnauthorized: false }],
    ['by properties', { tlsConfig: 'tls.properties' }, { ca: 'CA', rejectUnauthorized: true }],
    ['by properties, not checked', { tlsConfig: 'tls.properties', tlsInsecure: true }, { rejectUnauthorized: false }],
  ])('%s', async (_, flags, tls) => {
    const connection = await connectionBy(flags, {}, files)
    if (tls === undefined) expect(connection.tls).toBeUndefined()
    else expect(connection.tls).toMatchObject(tls)
  })

  test('files that are not there are named', async () => {
    await expect(connectionBy({ tlsConfig: 'none' })).rejects.toThrow('--tls-config names none, and there is no such')
    const lost = connectionBy({ tlsConfig: 'tls.properties' }, {}, { 'tls.properties': properties })
    await expect(lost).rejects.toThrow('tls.client.trustCertPath names ca.pem')
  })
})
