import { integer, shape, text, type ShapeOf } from './shape.js'

export const messageQueueShape = shape({ topic: text, brokerName: text, queueId: integer })

/** One queue of a topic on one broker. */
export type MessageQueue = ShapeOf<typeof messageQueueShape>
