import type { Acknowledgement } from '../api-types.js'

const flushMeanings: Record<string, string> = {
  SYNC_FLUSH: 'flushed to disk first: they survive a power loss',
  ASYNC_FLUSH: 'flushed a little later: they survive the end of the process, not a power loss',
}

const roleMeanings: Record<string, string> = {
  SYNC_MASTER: 'and copied to a slave',
}

/** What a broker's config says about its acknowledgements; null for a config that does not say. */
export function acknowledgementOf(config: ReadonlyMap<string, string>): Acknowledgement | null {
  const flushDiskType = config.get('flushDiskType')
  const brokerRole = config.get('brokerRole') ?? ''
  if (flushDiskType === undefined || flushMeanings[flushDiskType] === undefined) return null
  const meaning = [flushMeanings[flushDiskType], roleMeanings[brokerRole]].filter(Boolean).join(', ')
  return { flushDiskType, brokerRole, meaning }
}
