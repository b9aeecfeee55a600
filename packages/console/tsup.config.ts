import { packageBuild } from '../../tooling/build/tsup.js'

// Built before the app, which goes to dist/app; `import.meta.url` finds it from CommonJS as well.
export default packageBuild({ index: 'src/index.ts' }, { shims: true })
