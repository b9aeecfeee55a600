import { packageTests } from '../../tooling/build/vitest.js'

export default packageTests('store-sqlite')
