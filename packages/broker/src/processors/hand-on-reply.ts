import { ResponseCode, type ReceivedCommand } from '@mq/protocol'
import type { BrokerState } from '../broker-state.js'

/** How long the other masters have, ms: with the question who they are less than the 3 s a sender waits for its answer. */
const handOnTimeoutMs = 1500

/** The remark of a request is not signed, and brokers that do not know this one do not look at it. */
const handedOnRemark = 'reply handed on'

/** It came from another broker: here or nowhere. */
export const isHandedOn = (request: ReceivedCommand): boolean => request.remark === handedOnRemark

/**
 * Gives a reply whose requester is not online here to the other masters of the cluster, as it came, so that its signature
 * holds: clients make themselves known to one broker after the other. True when the requester took it from one of them.
 */
export async function handOnReply(broker: BrokerState, request: ReceivedCommand): Promise<boolean> {
  if (isHandedOn(request) || broker.handOns.isFull) return false
  broker.handOns.enter(broker.io.clock.monotonic())
  try {
    const addresses = await broker.otherMasters.addresses()
    await Promise.any(addresses.map((address) => giveTo(broker, address, request)))
    return true
  } catch (error) {
    if (error instanceof AggregateError) return false
    throw error
  } finally {
    broker.handOns.leave()
  }
}

async function giveTo(broker: BrokerState, address: string, request: ReceivedCommand): Promise<void> {
  const command = { ...request, flag: 0, remark: handedOnRemark }
  const { code, remark } = await broker.client.call(address, command, { timeoutMs: handOnTimeoutMs })
  if (code !== ResponseCode.SUCCESS) throw new Error(`${address} answered ${code} ${remark ?? ''}`)
}
