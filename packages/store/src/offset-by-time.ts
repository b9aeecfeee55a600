/**
 * Offset by store time (`ConsumeQueue.getOffsetInQueueByTime`, 4.7.1) among offsets from `min` to before `max`: the first message
 * of that very time, else the nearer of the two around it, the earlier one when they are equally near. `min` when there is none.
 */
export async function offsetByTime(
  min: number,
  max: number,
  timestampMs: number,
  storeTimeAt: (queueOffset: number) => number | Promise<number>,
): Promise<number> {
  let [low, high] = [min, max]
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if ((await storeTimeAt(middle)) >= timestampMs) high = middle
    else low = middle + 1
  }
  if (low === min) return min
  if (low === max) return low - 1
  const after = (await storeTimeAt(low)) - timestampMs
  const before = timestampMs - (await storeTimeAt(low - 1))
  return after === 0 || after < before ? low : low - 1
}
