import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compileJava, runJava, type ApacheVersion } from '@mq/foreign'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { linesOf } from '../src/java-clients.js'
import { brokerConf, removeFolders, startMqCluster, temporaryFolder, type MqCluster } from '../src/mq-cluster.js'
import { accounts, operator, semantics, semanticsSettings } from '../src/semantics.js'
import { describeWith } from '../src/skip.js'

const sources = resolve(fileURLToPath(import.meta.url), '../../java/semantics')
/** Of a run of all cases, ms: what is consumed wrongly is waited for in vain for a minute and a half. */
const runMs = 400_000

const versions: ApacheVersion[] = ['4.7.1', '5.3.3']
for (const version of versions) {
  describeWith(['java', 'maven'], `Java ${version} on MQ`, () => {
    let outcomes: Map<string | undefined, string>

    beforeAll(async () => {
      const classes = temporaryFolder()
      await compileJava(version, sources, classes)
      const [open, guarded] = [await startOpen(), await startGuarded()]
      const options = ['-Drocketmq.client.logUseSlf4j=true', '-Dfile.encoding=UTF-8', '-Xmx256m']
      options.push(`-Duser.home=${temporaryFolder()}`)
      const args = [open, guarded].flatMap(({ namesrv, brokerAddress }) => [namesrv, brokerAddress])
      args.push(operator.accessKey, operator.secretKey)
      const program = { version, options, classPath: [classes], main: 'Semantics', args }
      const { code, stdout, stderr } = await runJava(program, runMs)
      await Promise.all([open.stop(), guarded.stop()])
      expect(code, stderr.slice(-2000)).toBe(0)
      const lines = stdout.split('\n').map((line) => line.split('\t'))
      outcomes = new Map(linesOf('case', lines).map(([name, ...outcome]) => [name, outcome.join(': ')]))
    }, runMs + 60_000)
    afterAll(removeFolders)

    test.each(semantics)('%s', (semantic) => expect(outcomes.get(semantic)).toBe('ok'))
  })
}

function startOpen(): Promise<MqCluster> {
  const directory = temporaryFolder()
  return startMqCluster(directory, ...brokerConf(directory, semanticsSettings))
}

/** With access control. */
function startGuarded(): Promise<MqCluster> {
  const directory = temporaryFolder()
  const file = join(directory, 'accounts.yml')
  writeFileSync(file, accounts)
  return startMqCluster(directory, ...brokerConf(directory, { aclEnable: true, 'rocketmq.acl.plain.file': file }))
}
