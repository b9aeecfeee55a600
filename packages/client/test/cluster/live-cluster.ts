export interface LiveCluster {
  namesrv: string
  stop(): Promise<void>
}

/** The cluster these tests run against. */
export async function liveCluster(): Promise<LiveCluster> {
  const given = process.env.MQ_TEST_NAMESRV
  if (given) return { namesrv: given, stop: async () => {} }
  throw new Error('set MQ_TEST_NAMESRV')
}
