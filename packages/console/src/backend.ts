import type { Clock } from '@mq/io'
import { ClusterWatch } from './live/cluster-watch.js'
import { LiveStream } from './live/live-stream.js'
import type { ClusterSource } from './cluster-source.js'

export interface BackendOptions {
  source: ClusterSource
  clock: Clock
  version: string
}

/** What the API's routes work with. Made with the first request to the API. */
export class Backend {
  readonly source: ClusterSource
  readonly watch: ClusterWatch
  readonly live: LiveStream

  constructor(options: BackendOptions) {
    this.source = options.source
    this.watch = new ClusterWatch(options)
    this.live = new LiveStream(this.watch, options.clock)
  }

  async close(): Promise<void> {
    this.live.close()
    await this.source.close()
  }
}
