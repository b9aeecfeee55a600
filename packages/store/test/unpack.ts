import { mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { gunzipSync } from 'node:zlib'

/** A file that Apache's broker left, or that tells what its clients read there. */
export const golden = (name: string, file: string) => join(import.meta.dirname, 'golden', name, file)

/** Unpacks a tar written by GNU tar; times are kept because retention goes by them. */
export function unpack(name: string, into: string): void {
  const tar = gunzipSync(readFileSync(golden(name, 'store.tar.gz')))
  let longName: string | undefined
  for (let at = 0; at < tar.length && tar[at] !== 0;) {
    const text = (from: number, size: number) => tar.toString('utf8', at + from, at + from + size).replace(/\0.*$/s, '')
    const size = parseInt(text(124, 12), 8)
    const data = tar.subarray(at + 512, at + 512 + size)
    if (text(156, 1) === 'L') longName = data.toString().replace(/\0.*$/s, '')
    else {
      const path = join(into, longName ?? text(0, 100))
      if (text(156, 1) === '0' || text(156, 1) === '') {
        mkdirSync(dirname(path), { recursive: true })
        writeFileSync(path, data)
        const time = parseInt(text(136, 12), 8)
        utimesSync(path, time, time)
      }
      longName = undefined
    }
    at += 512 + Math.ceil(size / 512) * 512
  }
}
