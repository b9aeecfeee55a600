import { parseProperties, ResponseCode } from '@mq/protocol'
import { refusal, success } from '../answers.js'
import type { Processor } from './processor.js'

/** UPDATE_BROKER_CONFIG: only keys that may be changed while running, all of them or none. 4.7.1 takes any key, paths too. */
export const updateBrokerConfig: Processor = (broker, request) => {
  const entries = parseProperties(request.body === undefined ? '' : Buffer.from(request.body).toString('utf8'))
  const problems = broker.changeConfig(entries)
  if (problems.length > 0) throw refusal(ResponseCode.NO_PERMISSION, problems.join('; '))
  return success
}

/** GET_BROKER_CONFIG: `key=value` lines. */
export const brokerConfig: Processor = (broker) => ({
  code: ResponseCode.SUCCESS,
  extFields: { version: JSON.stringify(broker.configVersion) },
  body: Buffer.from(broker.describeConfig()),
})
