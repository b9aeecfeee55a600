import type { Route } from '../http/route.js'

export const getCluster: Route = {
  method: 'GET',
  path: '/api/cluster',
  async answer({ backend }) {
    return (await backend.watch.look()).cluster
  },
}
