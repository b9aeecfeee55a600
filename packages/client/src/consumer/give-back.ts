import {
  consumerSendMsgBackRequest,
  encodeProperties,
  MessageProperty,
  requestCommand,
  RequestCode,
  ResponseCode,
  retryTopic,
  sendMessageV2Request,
  TopicName,
  withNamespace,
} from '@mq/protocol'
import type { ClientInstance } from '../client-instance/client-instance.js'
import { addressOf, masterId } from '../client-instance/topic-route.js'
import { fromRemotingError, fromResponse } from '../errors.js'
import { sendStatusOf } from '../producer/send-result.js'
import type { ConsumerSettings } from './consumer-options.js'
import type { ReceivedMessage } from '../received-message.js'

/** First delay level of messages given back: 10 s. Each further time is one level longer. */
const firstRetryLevel = 3

/**
 * Gives a message back for another try (`CONSUMER_SEND_MSG_BACK`): the broker puts it into the group's retry topic after a
 * delay, or after `maxReconsumeTimes` tries into the dead-letter queue.
 */
export class GiveBack {
  constructor(
    private readonly instance: ClientInstance,
    private readonly settings: Pick<ConsumerSettings, 'group' | 'namespace' | 'unitMode'>,
    private readonly maxReconsumeTimes: number,
  ) {}

  /** `delayLevel` 0: longer with each try; -1: to the dead-letter queue at once. Rejects with `ClientError`. */
  async give(message: ReceivedMessage, delayLevel: number): Promise<void> {
    try {
      await this.#throughItsBroker(message, delayLevel)
    } catch (error) {
      this.instance.logger.warn(
        { msgId: message.msgId, error: (error as Error).message },
        'a message could not be given back to its broker; it is sent to the retry topic instead',
      )
      const properties = this.#retryProperties(message)
      properties[MessageProperty.DELAY] = String(delayLevel > 0 ? delayLevel : firstRetryLevel + message.reconsumeTimes)
      await this.#throughAnyBroker(message, properties, message.reconsumeTimes + 1, this.maxReconsumeTimes)
    }
  }

  /**
   * A copy with as many tries as are allowed, sent to the retry topic: the broker puts it into the dead-letter queue.
   * Rejects with `ClientError`.
   */
  async toDeadLetters(message: ReceivedMessage): Promise<void> {
    const { reconsumeTimes } = message
    await this.#throughAnyBroker(
      message,
      this.#retryProperties(message),
      reconsumeTimes,
      Math.min(reconsumeTimes, this.maxReconsumeTimes),
    )
  }

  async #throughItsBroker(message: ReceivedMessage, delayLevel: number): Promise<void> {
    const { host, port } = message.storeHost
    const known = this.instance.routes.known(this.#known(message.queue.topic))?.brokers.get(message.queue.brokerName)
    const address = known?.get(masterId) ?? `${host.includes(':') ? `[${host}]` : host}:${port}`
    const header = consumerSendMsgBackRequest.encode({
      offset: message.commitLogOffset,
      group: this.settings.group,
      delayLevel,
      originMsgId: message.msgId,
      originTopic: this.#known(message.topic),
      unitMode: this.settings.unitMode,
      maxReconsumeTimes: this.maxReconsumeTimes,
    })
    await this.#call(address, RequestCode.CONSUMER_SEND_MSG_BACK, header, undefined)
  }

  /** As Java's client does when its broker does not take the message back: a copy, sent to the retry topic. */
  async #throughAnyBroker(
    message: ReceivedMessage,
    properties: Record<string, string>,
    reconsumeTimes: number,
    maxReconsumeTimes: number,
  ): Promise<void> {
    const topic = retryTopic(this.settings.group)
    const route = await this.instance.routes.forReading(topic)
    const queue = route.writeQueues[this.instance.io.random.below(route.writeQueues.length || 1)]
    const address = queue && addressOf(route, queue.brokerName)
    if (address === undefined)
      throw fromResponse({ code: ResponseCode.SERVICE_NOT_AVAILABLE, remark: 'no broker' }, topic)
    const header = sendMessageV2Request.encode({
      producerGroup: 'CLIENT_INNER_PRODUCER',
      topic,
      defaultTopic: TopicName.AUTO_CREATE,
      defaultTopicQueueNums: 1,
      queueId: queue!.queueId,
      sysFlag: message.sysFlag & 0x701,
      bornTimestamp: message.bornTimestamp,
      flag: message.flag,
      properties: encodeProperties(properties),
      reconsumeTimes,
      unitMode: this.settings.unitMode,
      maxReconsumeTimes,
      batch: false,
    })
    await this.#call(address, RequestCode.SEND_MESSAGE_V2, header, message.storedBody)
  }

  #retryProperties(message: ReceivedMessage): Record<string, string> {
    // With TRAN_MSG brokers would take the copy for a half message.
    const { MIN_OFFSET: _min, MAX_OFFSET: _max, TRAN_MSG: _transaction, ...own } = { ...message.properties }
    return {
      ...own,
      [MessageProperty.RETRY_TOPIC]: this.#known(message.topic),
      [MessageProperty.ORIGIN_MESSAGE_ID]: own[MessageProperty.ORIGIN_MESSAGE_ID] ?? message.offsetMsgId,
    }
  }

  #known(topic: string): string {
    return withNamespace(this.settings.namespace, topic)
  }

  async #call(
    address: string,
    code: number,
    header: Record<string, string>,
    body: Uint8Array | undefined,
  ): Promise<void> {
    const what = `giving back a message of group ${this.settings.group}`
    try {
      const response = await this.instance.remoting.call(address, requestCommand(code, header, body), {
        timeoutMs: 5000,
      })
      if (sendStatusOf(response.code) === undefined)
        throw fromResponse(response, what, { address, group: this.settings.group })
    } catch (error) {
      throw fromRemotingError(error, what, { address, group: this.settings.group })
    }
  }
}
