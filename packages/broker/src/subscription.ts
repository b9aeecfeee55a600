import { javaHash, type SubscriptionData } from '@mq/protocol'

/** Looks at a consume queue entry. Undefined: everything matches. */
export type TagsMatcher = ((tagsCode: number) => boolean) | undefined

/** One topic of a consumer group: what its clients sent, and how entries are matched. */
export interface Subscription {
  readonly data: SubscriptionData
  readonly matches: TagsMatcher
}

export function subscriptionOf(data: SubscriptionData): Subscription {
  return { data, matches: matcherOf(data) }
}

/** Brokers compare hashes only; the client looks at the tags themselves. Class filters are run by the client too. */
function matcherOf(data: SubscriptionData): TagsMatcher {
  if (data.classFilterMode || data.subString === '*' || !isTagExpression(data.expressionType)) return undefined
  return matcherOfCodes(data.codeSet)
}

/** Node's client leaves the type out. */
export const isTagExpression = (type: string | undefined): boolean =>
  type === undefined || type === '' || type === 'TAG'

function matcherOfCodes(codes: Iterable<number>): (tagsCode: number) => boolean {
  // Entries hold the hash as 64 bits, clients send it as 32: the low half decides, sign and all.
  const wanted = new Set([...codes].map((code) => code | 0))
  if (wanted.size === 1) {
    const [only] = wanted
    return (tagsCode) => (tagsCode | 0) === only
  }
  return (tagsCode) => wanted.has(tagsCode | 0)
}

/** Tags of an expression such as `TagA || TagB`; undefined for one that takes everything. Undefined on `null` too. */
export function tagsOf(expression: string | undefined): string[] | undefined {
  if (expression === undefined || expression === '' || expression === '*') return undefined
  return expression
    .split('||')
    .map((tag) => tag.trim())
    .filter((tag) => tag !== '')
}

/** The subscription a pull brings along itself (`FilterAPI.build`): flag 4 of its sysFlag. Undefined when it is malformed. */
export function tagMatcherOf(expression: string | undefined): { matches: TagsMatcher } | undefined {
  const known = cache.get(expression ?? '*')
  if (known !== undefined) return known
  const tags = tagsOf(expression)
  if (tags?.length === 0) return undefined
  const built = { matches: tags && matcherOfCodes(tags.map(javaHash)) }
  if (cache.size >= cacheMax) cache.clear()
  cache.set(expression ?? '*', built)
  return built
}

/** Node's client sends its expression with every pull. */
const cache = new Map<string, { matches: TagsMatcher }>()
const cacheMax = 1024
