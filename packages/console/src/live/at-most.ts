/** Runs `work` for each item, at most `limit` at a time. Never rejects: failures come back with their items. */
export async function atMost<Item, Result>(
  limit: number,
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<{ item: Item; result?: Result; error?: Error }[]> {
  const outcomes: { item: Item; result?: Result; error?: Error }[] = []
  let next = 0
  const worker = async () => {
    while (next < items.length) {
      const at = next++
      const item = items[at]!
      outcomes[at] = await work(item).then(
        (result) => ({ item, result }),
        (error: unknown) => ({ item, error: error instanceof Error ? error : new Error(String(error)) }),
      )
    }
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker))
  return outcomes
}
