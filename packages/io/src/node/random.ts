import { randomBytes } from 'node:crypto'
import type { Random } from '../ports.js'

export const nodeRandom: Random = {
  uint32: () => Math.floor(Math.random() * 2 ** 32),
  below: (limit) => Math.floor(Math.random() * limit),
  bytes: (length) => randomBytes(length),
}
