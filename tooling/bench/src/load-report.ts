/** `name=value` arguments of a load program. */
export function loadSettings(args: string[]): {
  text(name: string, fallback: string): string
  number(name: string, fallback: number): number
} {
  const settings = new Map(args.map((one) => [one.slice(0, one.indexOf('=')), one.slice(one.indexOf('=') + 1)]))
  return {
    text: (name, fallback) => settings.get(name) ?? fallback,
    number: (name, fallback) => Number(settings.get(name) ?? fallback),
  }
}

/** Prints the one line that the bench reads; latencies in ms. */
export function report(perSecond: number, latenciesMs: number[], failed: number): void {
  const sorted = Float64Array.from(latenciesMs).sort()
  const quantile = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
  console.log(JSON.stringify({ perSecond, p50: quantile(0.5), p99: quantile(0.99), failed }))
}

/**
 * Keeps `inflight` sends under way, first unmeasured for two seconds, then measured; each runs `send` and waits for it.
 */
export async function keepSending(inflight: number, seconds: number, send: () => Promise<unknown>): Promise<void> {
  const startMs = performance.now()
  const measureFromMs = startMs + 2000
  const endMs = measureFromMs + seconds * 1000
  const latencies: number[] = []
  let failed = 0
  const sender = async () => {
    for (let fromMs = performance.now(); fromMs < endMs; fromMs = performance.now()) {
      try {
        await send()
        if (fromMs >= measureFromMs) latencies.push(performance.now() - fromMs)
      } catch (error) {
        if (failed++ === 0) console.error('first failure:', error)
      }
    }
  }
  await Promise.all(Array.from({ length: inflight }, sender))
  report(latencies.length / seconds, latencies, failed)
}
