import { packageBuild } from '../../tooling/build/tsup.js'

export default packageBuild({
  index: 'src/index.ts',
  'node/index': 'src/node/index.ts',
  'sim/index': 'src/sim/index.ts',
})
