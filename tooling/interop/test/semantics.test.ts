import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runJava, type ApacheVersion } from '@mq/foreign'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { linesOf } from '../src/java-clients.js'
import { brokerConf, removeFolders, startMqCluster, temporaryFolder } from '../src/mq-cluster.js'
import { semantics, semanticsSettings } from '../src/semantics.js'
import { describeWith } from '../src/skip.js'

const source = resolve(fileURLToPath(import.meta.url), '../../java/Semantics.java')
/** Of a run of all cases, ms: what is consumed wrongly is waited for in vain for a minute and a half. */
const runMs = 400_000

const versions: ApacheVersion[] = ['4.7.1', '5.3.3']
for (const version of versions) {
  describeWith(['java', 'maven'], `Java ${version} on MQ`, () => {
    let outcomes: Map<string | undefined, string>

    beforeAll(async () => {
      const directory = temporaryFolder()
      const cluster = await startMqCluster(directory, ...brokerConf(directory, semanticsSettings))
      const options = [...['-Drocketmq.client.logUseSlf4j=true', '-Dfile.encoding=UTF-8', '-Xmx256m']]
      options.push(`-Duser.home=${temporaryFolder()}`)
      const args = [cluster.namesrv, cluster.brokerAddress]
      const { code, stdout, stderr } = await runJava({ version, options, main: source, args }, runMs)
      await cluster.stop()
      expect(code, stderr.slice(-2000)).toBe(0)
      const lines = stdout.split('\n').map((line) => line.split('\t'))
      outcomes = new Map(linesOf('case', lines).map(([name, ...outcome]) => [name, outcome.join(': ')]))
    }, runMs + 60_000)
    afterAll(removeFolders)

    test.each(semantics)('%s', (semantic) => expect(outcomes.get(semantic)).toBe('ok'))
  })
}
