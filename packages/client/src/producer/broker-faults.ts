import type { Clock } from '@mq/io'

const avoidFirstMs = 1000
const avoidMaxMs = 30_000
/** An answer that took longer than this makes others preferable for twice as long as it took. */
const slowMs = 1000

interface Fault {
  failures: number
  avoidUntilMs: number
}

/** Which brokers failed or were slow lately, so that sends prefer the others for a while. */
export class BrokerFaults {
  readonly #faults = new Map<string, Fault>()

  constructor(private readonly clock: Clock) {}

  isAvoided(brokerName: string): boolean {
    if (this.#faults.size === 0) return false
    const fault = this.#faults.get(brokerName)
    return fault !== undefined && fault.avoidUntilMs > this.clock.monotonic()
  }

  failed(brokerName: string): void {
    const failures = (this.#faults.get(brokerName)?.failures ?? 0) + 1
    const avoidMs = Math.min(avoidMaxMs, avoidFirstMs * 2 ** (failures - 1))
    this.#faults.set(brokerName, { failures, avoidUntilMs: this.clock.monotonic() + avoidMs })
  }

  answered(brokerName: string, afterMs: number): void {
    if (afterMs > slowMs) {
      const avoidUntilMs = this.clock.monotonic() + Math.min(avoidMaxMs, afterMs * 2)
      this.#faults.set(brokerName, { failures: 0, avoidUntilMs })
    } else if (this.#faults.size > 0) {
      this.#faults.delete(brokerName)
    }
  }
}
