import { packageBuild } from '../../tooling/build/tsup.js'

export default packageBuild({
  index: 'src/index.ts',
  testing: 'src/testing.ts',
  mq: 'src/mq.ts',
  mqnamesrv: 'src/mqnamesrv.ts',
  mqbroker: 'src/mqbroker.ts',
  mqshutdown: 'src/mqshutdown.ts',
})
