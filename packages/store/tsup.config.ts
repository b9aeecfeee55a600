import { packageBuild } from '../../tooling/build/tsup.js'

export default packageBuild({
  index: 'src/index.ts',
  engine: 'src/engine.ts',
  conformance: 'src/conformance/index.ts',
})
