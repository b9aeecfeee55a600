import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cacheFolder } from './cache.js'

export type ApacheVersion = '4.7.1' | '5.3.3'

const artifacts = ['broker', 'namesrv', 'tools', 'client']

/** The folder with all jars of Apache RocketMQ in a version; fetched by Maven when it is not there yet. */
export function apacheJars(version: ApacheVersion): string {
  const folder = cacheFolder(`apache-${version}`)
  const complete = join(folder, '.complete')
  if (existsSync(complete)) return folder
  const project = mkdtempSync(join(tmpdir(), 'mq-jars-'))
  try {
    writeFileSync(join(project, 'pom.xml'), pom(version))
    const goal = ['dependency:copy-dependencies', `-DoutputDirectory=${folder}`]
    execFileSync('mvn', ['-q', '-B', '-f', join(project, 'pom.xml'), ...goal], {
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    writeFileSync(complete, '')
  } finally {
    rmSync(project, { recursive: true, force: true })
  }
  return folder
}

function pom(version: ApacheVersion): string {
  const dependencies = artifacts.map((name) => dependency('org.apache.rocketmq', `rocketmq-${name}`, version))
  // Netty of 4.7.1 cannot make the certificate of its default TLS set-up on Java 17 by itself.
  if (version === '4.7.1') dependencies.push(dependency('org.bouncycastle', 'bcpkix-jdk15on', '1.69'))
  return `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>mq.foreign</groupId><artifactId>jars</artifactId><version>1</version>
<dependencies>${dependencies.join('')}</dependencies></project>`
}

const dependency = (group: string, artifact: string, version: string) =>
  `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`
