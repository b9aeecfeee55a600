import { Redis } from 'ioredis'
import { keepSending, loadSettings, report } from './load-report.js'

const [mode, ...rest] = process.argv.slice(2)
const settings = loadSettings(rest)
const port = settings.number('port', 6379)
const body = Buffer.alloc(128, 'm')
const redis = new Redis({ port, enableAutoPipelining: true })

const send = (): Promise<void> =>
  keepSending(settings.number('inflight', 512), settings.number('seconds', 8), () =>
    redis.xadd('bench', '*', 'b', body),
  )

/** Fills a stream, then a group reads and acknowledges it by hundreds. */
async function drain(): Promise<void> {
  const count = settings.number('count', 500_000)
  for (let sent = 0; sent < count; sent += 2000)
    await Promise.all(Array.from({ length: 2000 }, () => redis.xadd('drain', '*', 'b', body)))
  await redis.xgroup('CREATE', 'drain', 'group', '0')
  const startMs = performance.now()
  for (let seen = 0; seen < count;) {
    const [[, entries]] = (await redis.xreadgroup('GROUP', 'group', 'a', 'COUNT', 100, 'STREAMS', 'drain', '>')) as [
      [string, [string, string[]][]],
    ]
    await redis.xack('drain', 'group', ...entries.map(([id]) => id))
    seen += entries.length
  }
  report(count / ((performance.now() - startMs) / 1000), [], 0)
}

await (mode === 'drain' ? drain() : send())
process.exit(0)
