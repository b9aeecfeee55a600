import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nodeIo } from '../../src/node/index.js'
import { clockConformance } from '../conformance/clock.js'
import { diskConformance } from '../conformance/disk.js'
import { networkConformance } from '../conformance/network.js'
import type { TestWorld } from '../conformance/world.js'

function realWorld(): TestWorld {
  const folder = mkdtempSync(join(tmpdir(), 'mq-io-'))
  return {
    io: nodeIo(),
    folder,
    settle: (promise) => promise,
    pass: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    close: () => rmSync(folder, { recursive: true, force: true }),
  }
}

clockConformance(realWorld)
networkConformance(realWorld)
diskConformance(realWorld)
