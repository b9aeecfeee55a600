import { describeMessageStore } from '@mq/store/conformance'
import { describe, test } from 'vitest'
import { sqliteEngine } from '../src/index.js'
import { nodeSqlite, wasm, world } from './support.js'

const runner = { describe, test }
const engine = sqliteEngine(await wasm())

describeMessageStore('the SQLite engine', engine, runner, { world })
describeMessageStore(
  'the SQLite engine with ASYNC_FLUSH',
  (options) => engine({ ...options, config: { ...options.config, flushDiskType: 'ASYNC_FLUSH' } }),
  runner,
  { world },
)

// Not a skipped test: there is nothing that could be installed for it.
const ownOfNode = await nodeSqlite()
if (typeof ownOfNode === 'string') console.info(`not run: the SQLite engine on Node's own SQLite: ${ownOfNode}`)
else describeMessageStore("the SQLite engine on Node's own SQLite", sqliteEngine(ownOfNode), runner, { world })
