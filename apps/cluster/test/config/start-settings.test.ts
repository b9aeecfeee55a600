import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { nodeIo } from '@mq/io/node'
import { afterAll, expect, test } from 'vitest'
import { startSettings } from '../../src/config/start-settings.js'
import { cleanUp, temporaryFolder } from '../processes.js'

afterAll(cleanUp)

const settingsOf = (conf: string, host = '127.0.0.1') => {
  const configFile = join(temporaryFolder(), 'broker.conf')
  writeFileSync(configFile, conf)
  return startSettings({ configFile, host }, nodeIo().host)
}

test("a broker's entries are passed on, others are named, TLS is taken out", () => {
  const { brokerConfig, tls, warnings } = settingsOf(
    'autoCreateTopicEnable=false\nbrokerNmae=x\ntls.server.mode=enforcing\n',
  )
  expect(brokerConfig).toMatchObject({ autoCreateTopicEnable: 'false' })
  expect(Object.keys(brokerConfig)).not.toContain('brokerNmae')
  expect(warnings).toEqual([expect.stringContaining('did you mean brokerName?')])
  expect(tls).toMatchObject({ server: { mode: 'enforcing' }, client: { rejectUnauthorized: false } })
})

test('an address for clients that nobody but this machine reaches is named', () => {
  const conf = 'brokerIP1=192.0.2.7\n'
  expect(settingsOf(conf).warnings).toEqual([
    expect.stringMatching(/brokerIP1=192\.0\.2\.7, which only --host 0\.0\.0\.0/),
  ])
  expect(settingsOf(conf, '0.0.0.0').warnings).toEqual([])
})

test('what cannot be used is an error', () => {
  expect(() => settingsOf('flushDiskType=MAYBE\n')).toThrow(/flushDiskType must be one of/)
  expect(() => settingsOf('aclEnable=true\nrocketmq.acl.plain.file=/nowhere.yml\n')).toThrow(/there is no such file/)
})
