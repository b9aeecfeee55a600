import { mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** A folder kept between runs for what was fetched or built: below `$MQ_FOREIGN_CACHE`, else `~/.cache/mq-foreign`. */
export function cacheFolder(name: string): string {
  const folder = join(process.env['MQ_FOREIGN_CACHE'] ?? join(homedir(), '.cache', 'mq-foreign'), name)
  mkdirSync(folder, { recursive: true })
  return folder
}
