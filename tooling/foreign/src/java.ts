import { spawn, type ChildProcess } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { apacheJars, type ApacheVersion } from './jars.js'

/** What RocketMQ's libraries reach into by reflection and Java 17 keeps closed. */
const opened = ['nio', 'lang', 'util', 'net', 'lang.reflect'].map((name) => `java.base/java.${name}`)
const openedInternals = ['sun.nio.ch', 'jdk.internal.misc', 'jdk.internal.ref'].map((name) => `java.base/${name}`)
const openOptions = [...opened, ...openedInternals].flatMap((one) => ['--add-opens', `${one}=ALL-UNNAMED`])

export interface JavaRun {
  version: ApacheVersion
  /** JVM options. */
  options?: string[]
  /** A main class of the jars or of `classPath`, or the path of a single source file. */
  main: string
  args?: string[]
  /** Put before the jars on the class path. */
  classPath?: string[]
}

/** Starts a Java program with the jars of a RocketMQ version on its class path. */
export function spawnJava(run: JavaRun): ChildProcess {
  const classPath = [...(run.classPath ?? []), `${apacheJars(run.version)}/*`].join(':')
  const args = [...openOptions, ...(run.options ?? []), '-cp', classPath, run.main, ...(run.args ?? [])]
  return spawn('java', args, { stdio: ['ignore', 'pipe', 'pipe'] })
}

export interface Finished {
  code: number | null
  stdout: string
  stderr: string
}

/** Runs a Java program to its end. Rejects when it takes longer than `timeoutMs` (default two minutes). */
export const runJava = (run: JavaRun, timeoutMs = 120_000): Promise<Finished> =>
  finish(spawnJava(run), run.main, timeoutMs)

/** Compiles the Java sources of a folder against a version's jars, into another folder. */
export async function compileJava(version: ApacheVersion, sources: string, into: string): Promise<void> {
  const files = readdirSync(sources).filter((name) => name.endsWith('.java'))
  const args = ['-nowarn', '-cp', `${apacheJars(version)}/*`, '-d', into, ...files.map((name) => join(sources, name))]
  const { code, stderr } = await finish(spawn('javac', args, { stdio: ['ignore', 'pipe', 'pipe'] }), 'javac')
  if (code !== 0) throw new Error(`${sources} could not be compiled against RocketMQ ${version}:\n${stderr}`)
}

/** Collects what a process prints until it ends. */
export function finish(child: ChildProcess, name: string, timeoutMs = 120_000): Promise<Finished> {
  return new Promise((resolve, reject) => {
    let stdout = ''
    let stderr = ''
    child.stdout!.on('data', (bytes) => (stdout += bytes))
    child.stderr!.on('data', (bytes) => (stderr += bytes))
    const expire = setTimeout(() => {
      child.kill('SIGKILL')
      reject(new Error(`${name} did not end within ${timeoutMs} ms; it printed:\n${stdout}\n${stderr}`))
    }, timeoutMs)
    child.on('error', reject)
    child.on('close', (code) => {
      clearTimeout(expire)
      resolve({ code, stdout, stderr })
    })
  })
}
