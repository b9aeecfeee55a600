import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { javaRun, linesOf } from '../src/java-clients.js'
import { removeFolders, runBin, startMqCluster, temporaryFolder, type MqCluster } from '../src/mq-cluster.js'
import { describeWith } from '../src/skip.js'

const accounts = `accounts:
- accessKey: operator
  secretKey: a-long-secret
  admin: true
- accessKey: orders-service
  secretKey: another-secret
  defaultTopicPerm: DENY
  defaultGroupPerm: DENY
  topicPerms:
  - Guarded_Orders=PUB|SUB
  groupPerms:
  - Guarded_Billing=SUB
`
const operator = ['-ak', 'operator', '-sk', 'a-long-secret', '--tls-insecure']

describeWith(['java', 'maven'], "Apache's Java clients 4.7.1 on MQ with access control, over TLS alone", () => {
  let cluster: MqCluster

  beforeAll(async () => {
    const directory = temporaryFolder()
    const [conf, file] = [join(directory, 'broker.conf'), join(directory, 'accounts.yml')]
    writeFileSync(file, accounts)
    writeFileSync(conf, `aclEnable=true\nrocketmq.acl.plain.file=${file}\ntls.server.mode=enforcing\n`)
    cluster = await startMqCluster(directory, '-c', conf)
    for (const topic of ['Guarded_Orders', 'Guarded_Others']) {
      const made = await runBin(
        'mqadmin',
        'updateTopic',
        '-b',
        cluster.brokerAddress,
        '-t',
        topic,
        '-r',
        '1',
        '-w',
        '1',
        ...operator,
        '-n',
        cluster.namesrv,
      )
      expect(made, made.stderr).toMatchObject({ code: 0 })
    }
  })
  afterAll(async () => {
    await cluster?.stop()
    removeFolders()
  })

  test('an account does what it may; a foreign topic, a wrong secret and no key are refused with NO_PERMISSION', async () => {
    const args = ['Guarded_Orders', 'Guarded_Others', 'Guarded_Billing', 'orders-service', 'another-secret']
    const lines = await javaRun('4.7.1', 'Guarded', ['-Dtls.enable=true'], cluster.namesrv, ...args)
    expect(linesOf('sent', lines)).toHaveLength(1)
    expect(linesOf('got', lines).map(([body]) => body)).toEqual(['signed'])
    expect(linesOf('refused', lines).map(([who, code]) => [who, code])).toEqual([
      ['otherTopic', '16'],
      ['wrongSecret', '16'],
      ['nobody', '16'],
    ])
  })
})
