import { recordsIn } from '@mq/protocol'
import type { Cluster } from '../cluster/cluster.js'
import { idOf } from '../history.js'
import type { Run } from '../run.js'
import { promised } from './promised.js'

/** Looked for of each broker: some of the oldest and some of the newest. */
const triesMax = 10

/** Messages are found by their keys. */
export async function checkKeys(run: Run, cluster: Cluster): Promise<void> {
  const all = promised(run, cluster).filter(({ note }) => note.placedIn === undefined)
  for (const { name, up, store } of cluster.brokers) {
    if (!up) continue
    const own = all.filter(({ result }) => result!.queue.brokerName === name)
    for (const { id, topic } of [...own.slice(0, triesMax), ...own.slice(triesMax).slice(-triesMax)]) {
      const { records } = await store!.query({
        topic,
        key: id,
        maxMessages: 64,
        beginMs: 0,
        endMs: Number.MAX_SAFE_INTEGER,
      })
      const found = records.some((bytes) => [...recordsIn(bytes)].some(({ body }) => idOf(body) === id))
      if (!found) run.violate('found-by-key', `${name}: ${topic} has no message of the key ${id}`)
    }
  }
}
