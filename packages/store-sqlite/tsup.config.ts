import { packageBuild } from '../../tooling/build/tsup.js'

export default packageBuild({ index: 'src/index.ts' })
