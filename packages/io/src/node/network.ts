import type { Network } from '../ports.js'
import { checkTls, connect } from './connect.js'
import type { Guard } from './guard.js'
import { listen } from './listen.js'

export function createNetwork(guard: Guard): Network {
  return {
    listen: (options, accept) => listen(options, accept, guard),
    connect: (options) => connect(options, guard),
    checkTls,
  }
}
