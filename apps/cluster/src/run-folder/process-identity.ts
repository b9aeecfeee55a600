import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/**
 * When a process started, in words that no later process with the same id shares; undefined when there is no such
 * process, or when the system does not tell.
 */
export function startOfProcess(pid: number): string | undefined {
  try {
    if (process.platform === 'linux') return startInProc(readFileSync(`/proc/${pid}/stat`, 'utf8'))
    if (process.platform === 'win32') return undefined
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || undefined
  } catch {
    return undefined
  }
}

/** Field 22, counted after the name, which may hold spaces and brackets. */
const startInProc = (stat: string): string | undefined => stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
