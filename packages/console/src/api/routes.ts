import type { Route } from '../http/route.js'
import { createTopic } from './create-topic.js'
import { getCluster } from './get-cluster.js'
import { getMessage } from './get-message.js'
import { getTopic } from './get-topic.js'
import { listMessages } from './list-messages.js'
import { listTopics } from './list-topics.js'
import { produceMessage } from './produce-message.js'
import { stream } from './stream.js'

/** The whole API. A new one is a file beside this one and a row here. */
export const routes: readonly Route[] = [
  getCluster,
  listTopics,
  createTopic,
  getTopic,
  listMessages,
  getMessage,
  produceMessage,
  stream,
]
