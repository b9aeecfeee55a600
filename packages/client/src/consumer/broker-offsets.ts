import { requestCommand, RequestCode, ResponseCode, type MessageQueue } from '@mq/protocol'
import type { ClientInstance } from '../client-instance/client-instance.js'
import { addressOf } from '../client-instance/topic-route.js'
import { ClientError, fromRemotingError, fromResponse } from '../errors.js'
import type { OffsetStore, QueueOffset } from './offset-store.js'

/** The group's offsets at the brokers, as clustering consumers keep them (`RemoteBrokerOffsetStore`). */
export class BrokerOffsets implements OffsetStore {
  constructor(
    private readonly instance: ClientInstance,
    private readonly group: string,
  ) {}

  async load(queue: MessageQueue): Promise<number | undefined> {
    const what = `offset of group ${this.group} in queue ${queue.queueId} of ${queue.topic}`
    const address = await this.#address(queue)
    try {
      const request = requestCommand(RequestCode.QUERY_CONSUMER_OFFSET, this.#fields(queue))
      const response = await this.instance.remoting.call(address, request, { timeoutMs: 5000 })
      if (response.code === ResponseCode.QUERY_NOT_FOUND) return undefined
      // 4.x clients take any error for "no offset" and jump to the end; here the queue waits until the answer is known.
      if (response.code !== ResponseCode.SUCCESS) throw fromResponse(response, what, { address, group: this.group })
      const offset = Number(response.extFields?.offset)
      return offset >= 0 ? offset : undefined
    } catch (error) {
      throw fromRemotingError(error, what, { address, group: this.group })
    }
  }

  async commit(offsets: readonly QueueOffset[], wait: boolean): Promise<void> {
    await Promise.all(offsets.map((one) => this.#commit(one, wait)))
  }

  async #commit({ queue, offset }: QueueOffset, wait: boolean): Promise<void> {
    const address = await this.#address(queue)
    const fields = { ...this.#fields(queue), commitOffset: String(offset) }
    const request = requestCommand(RequestCode.UPDATE_CONSUMER_OFFSET, fields)
    const what = `commit of group ${this.group}`
    try {
      if (!wait) return await this.instance.remoting.send(address, request)
      const response = await this.instance.remoting.call(address, request)
      if (response.code !== ResponseCode.SUCCESS) throw fromResponse(response, what, { address, group: this.group })
    } catch (error) {
      throw fromRemotingError(error, what, { address, group: this.group })
    }
  }

  #fields({ topic, queueId }: MessageQueue): Record<string, string> {
    return { consumerGroup: this.group, topic, queueId: String(queueId) }
  }

  async #address(queue: MessageQueue): Promise<string> {
    const route = await this.instance.routes.forReading(queue.topic)
    const address = addressOf(route, queue.brokerName, true)
    if (address !== undefined) return address
    throw new ClientError('NO_MASTER', `topic '${queue.topic}': broker ${queue.brokerName} is gone`, {
      topic: queue.topic,
    })
  }
}
