import type { ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { spawnJava, runJava, type Finished } from './java.js'
import type { ApacheVersion } from './jars.js'

export interface ApacheServer {
  pid: number
  /** `127.0.0.1:port`. */
  address: string
  directory: string
  /** Ends it with SIGTERM, as an operator does, or at once; resolves when it has ended. */
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>
}

export interface ApacheNamesrvOptions {
  version: ApacheVersion
  port: number
  directory: string
}

export async function startApacheNamesrv({ version, port, directory }: ApacheNamesrvOptions): Promise<ApacheServer> {
  const conf = prepareHome(directory)
  writeFileSync(join(conf, 'namesrv.conf'), `listenPort=${port}\n`)
  const child = spawnJava({
    version,
    classPath: [conf],
    options: [...homeOptions(directory), '-Xms256m', '-Xmx512m'],
    main: 'org.apache.rocketmq.namesrv.NamesrvStartup',
    args: ['-c', join(conf, 'namesrv.conf')],
  })
  return started(child, directory, port)
}

export interface ApacheBrokerOptions extends ApacheNamesrvOptions {
  namesrv: string
  /** Default `broker-a`. */
  name?: string
  /** JVM heap, such as `1g` (default). */
  heap?: string
  /** Further lines of broker.conf. */
  config?: Record<string, string | number | boolean>
  /** Default: `store` below `directory`. */
  storeDirectory?: string
}

export async function startApacheBroker(options: ApacheBrokerOptions): Promise<ApacheServer> {
  const { version, port, directory, heap = '1g' } = options
  const conf = prepareHome(directory)
  const store = options.storeDirectory ?? join(directory, 'store')
  const settings = {
    brokerClusterName: 'DefaultCluster',
    brokerName: options.name ?? 'broker-a',
    brokerId: 0,
    brokerIP1: '127.0.0.1',
    brokerIP2: '127.0.0.1',
    namesrvAddr: options.namesrv,
    listenPort: port,
    storePathRootDir: store,
    // 4.7.1 does not derive it from the root directory.
    storePathCommitLog: join(store, 'commitlog'),
    ...options.config,
  }
  const lines = Object.entries(settings).map(([key, value]) => `${key}=${value}`)
  writeFileSync(join(conf, 'broker.conf'), `${lines.join('\n')}\n`)
  const child = spawnJava({
    version,
    classPath: [conf],
    options: [...homeOptions(directory), `-Xms${heap}`, `-Xmx${heap}`, '-XX:MaxDirectMemorySize=1g'],
    main: 'org.apache.rocketmq.broker.BrokerStartup',
    args: ['-c', join(conf, 'broker.conf')],
  })
  return started(child, directory, port)
}

/** Runs Apache's own mqadmin. */
export async function apacheAdmin(version: ApacheVersion, ...args: string[]): Promise<Finished> {
  const home = mkdtempSync(join(tmpdir(), 'mq-apache-admin-'))
  try {
    return await runJava({
      version,
      classPath: [prepareHome(home)],
      options: [...homeOptions(home), '-Xmx256m'],
      main: 'org.apache.rocketmq.tools.command.MQAdminStartup',
      args,
    })
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
}

const homeOptions = (home: string) => [`-Duser.home=${home}`, `-Drocketmq.home.dir=${home}`]

/** A RocketMQ home with the log set-up its start demands; returns its conf folder. */
function prepareHome(home: string): string {
  const conf = join(home, 'conf')
  mkdirSync(conf, { recursive: true })
  for (const part of ['broker', 'namesrv', 'tools']) {
    writeFileSync(join(conf, `logback_${part}.xml`), '<configuration><root level="OFF"/></configuration>')
  }
  return conf
}

function started(child: ChildProcess, directory: string, port: number): Promise<ApacheServer> {
  return new Promise((resolve, reject) => {
    let printed = ''
    const ended = new Promise<void>((done) => child.once('close', () => done()))
    const expire = setTimeout(() => fail('was not up after 90 s'), 90_000)
    const fail = (problem: string) => {
      clearTimeout(expire)
      child.kill('SIGKILL')
      reject(new Error(`Apache's server ${problem}; it printed:\n${printed}`))
    }
    const look = (bytes: Buffer) => {
      if (printed.includes('boot success')) return
      printed += String(bytes)
      if (!printed.includes('boot success')) return
      clearTimeout(expire)
      resolve({
        pid: child.pid!,
        address: `127.0.0.1:${port}`,
        directory,
        stop: async (signal = 'SIGTERM') => {
          child.kill(signal)
          await ended
        },
      })
    }
    child.stdout!.on('data', look)
    child.stderr!.on('data', look)
    child.once('error', (error) => fail(error.message))
    child.once('close', (code) => printed.includes('boot success') || fail(`ended with code ${code}`))
  })
}
