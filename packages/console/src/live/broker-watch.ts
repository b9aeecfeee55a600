import type { Clock } from '@mq/io'
import type { Acknowledgement, BrokerView } from '../api-types.js'
import type { BrokerPlace, ClusterSource } from '../cluster-source.js'
import { acknowledgementOf } from './acknowledgement.js'
import { brokerView, numberIn, type RuntimeInfo } from './broker-view.js'
import { RateCounters } from './rate-counter.js'

/** A broker's config changes rarely: milliseconds between two questions for it. */
const configPeriodMs = 30_000
const rateWindowMs = 3000

/** The figures of all brokers, look after look. */
export class BrokerWatch {
  readonly #in = new RateCounters(rateWindowMs)
  readonly #out = new RateCounters(rateWindowMs)
  readonly #acknowledgements = new Map<string, { askedMs: number; answer: Promise<Acknowledgement | null> }>()

  constructor(
    private readonly source: ClusterSource,
    private readonly clock: Clock,
  ) {}

  async look(places: readonly BrokerPlace[]): Promise<{ brokers: BrokerView[]; problems: string[] }> {
    const problems: string[] = []
    const brokers = await Promise.all(
      places.map((place) =>
        this.#lookAt(place).catch((error: Error) => {
          problems.push(`broker ${place.brokerName} at ${place.address} does not answer: ${error.message}`)
          return brokerView(place, undefined, null)
        }),
      ),
    )
    this.#forgetOthers(new Set(places.map(({ address }) => address)))
    return { brokers, problems }
  }

  async #lookAt(place: BrokerPlace): Promise<BrokerView> {
    const info = await this.source.runtimeInfo(place.address)
    const view = brokerView(place, info, await this.#acknowledgement(place.address))
    // A broker's own rates are means over 10 s; two looks at its totals tell sooner.
    view.inRate = this.#rate(this.#in, place, info, 'msgPutTotalTodayNow') ?? view.inRate
    view.outRate = this.#rate(this.#out, place, info, 'msgGetTotalTodayNow') ?? view.outRate
    return view
  }

  #rate(counters: RateCounters, { address }: BrokerPlace, info: RuntimeInfo, key: string): number | null {
    const total = numberIn(info, key)
    return total === null ? null : counters.look(address, this.clock.monotonic(), total)
  }

  #acknowledgement(address: string): Promise<Acknowledgement | null> {
    const nowMs = this.clock.monotonic()
    const known = this.#acknowledgements.get(address)
    if (known && nowMs - known.askedMs < configPeriodMs) return known.answer
    const answer = this.source.brokerConfig(address).then(acknowledgementOf, () => null)
    this.#acknowledgements.set(address, { askedMs: nowMs, answer })
    return answer
  }

  #forgetOthers(addresses: Set<string>): void {
    this.#in.keepOnly(addresses)
    this.#out.keepOnly(addresses)
    for (const address of this.#acknowledgements.keys())
      if (!addresses.has(address)) this.#acknowledgements.delete(address)
  }
}
