import { shape, type ShapeOf } from './shape.js'
import { integer, text } from './values.js'

export const messageQueueShape = shape({ topic: text, brokerName: text, queueId: integer })

/** One queue of a topic on one broker. */
export type MessageQueue = ShapeOf<typeof messageQueueShape>
