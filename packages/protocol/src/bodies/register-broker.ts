import { deflateSync, inflateSync } from 'node:zlib'
import { ProtocolError } from '../errors.js'
import { decoder, encoder, parseBody, shape, withDefault, type Shape, type ShapeOf } from './shape.js'
import { text } from './values.js'
import { listOf } from './collections.js'
import { writeFastjson } from '../fastjson/write.js'
import { dataVersionShape, topicConfigWrapperShape, type TopicConfig } from './topic-config.js'

const registerBrokerBodyShape = shape({
  filterServerList: listOf(text),
  topicConfigSerializeWrapper: withDefault(topicConfigWrapperShape, () => ({
    dataVersion: { counter: 0, timestamp: 0 },
    topicConfigTable: new Map<string, TopicConfig>(),
  })),
})
/** REGISTER_BROKER: the topics of a broker. */
export type RegisterBrokerBody = ShapeOf<typeof registerBrokerBodyShape>

const decodePlain = decoder('RegisterBrokerBody', registerBrokerBodyShape)
const encodePlain = encoder(registerBrokerBodyShape)

/** Largest body after decompression: 100,000 topics take about 20 MB. */
const inflatedBytesMax = 64 * 1024 * 1024

/** Throws `ProtocolError` `BODY`. `compressed` as the request's header says. */
export function decodeRegisterBrokerBody(bytes: Uint8Array | undefined, compressed = false): RegisterBrokerBody {
  if (!compressed || bytes === undefined) return decodePlain(bytes)
  let plain: Buffer
  try {
    plain = inflateSync(bytes, { maxOutputLength: inflatedBytesMax })
  } catch (cause) {
    throw new ProtocolError(
      'BODY',
      `RegisterBrokerBody: the compressed body cannot be inflated: ${(cause as Error).message}`,
      { cause },
    )
  }
  return new CompressedBody(plain).read()
}

export function encodeRegisterBrokerBody(body: RegisterBrokerBody, compressed = false): Uint8Array {
  return compressed ? deflateSync(encodeParts(body), { level: 9 }) : encodePlain(body)
}

/*
 * Compressed form, before deflate: each part n:i32 and n bytes
 *   DataVersion JSON | topicCount:i32 | { "name readQueues writeQueues perm filterType" } | filter servers JSON
 */
class CompressedBody {
  #at = 0
  constructor(private readonly bytes: Buffer) {}

  read(): RegisterBrokerBody {
    const dataVersion = this.#json('dataVersion', dataVersionShape)
    const topicConfigTable = new Map<string, TopicConfig>()
    for (let left = this.#int(); left > 0; left--) {
      const topic = parseTopic(this.#part())
      topicConfigTable.set(topic.topicName, topic)
    }
    const filterServerList = this.#json('filterServerList', listOf(text))
    return { filterServerList, topicConfigSerializeWrapper: { dataVersion, topicConfigTable } }
  }

  #json<T>(name: string, one: Shape<T>): T {
    const path = `RegisterBrokerBody.${name}`
    return one.read(parseBody(path, this.#part()), path)
  }

  #part(): string {
    const size = this.#int()
    const start = this.#at
    if (size < 0 || start + size > this.bytes.length) throw cutOff()
    this.#at += size
    return this.bytes.toString('utf8', start, start + size)
  }

  #int(): number {
    if (this.#at + 4 > this.bytes.length) throw cutOff()
    this.#at += 4
    return this.bytes.readInt32BE(this.#at - 4)
  }
}

function parseTopic(line: string): TopicConfig {
  const [topicName, read, write, perm, filter] = line.split(' ')
  const numbers = [read, write, perm].map(Number)
  if (!topicName || filter === undefined || numbers.some((number) => !Number.isInteger(number))) {
    throw new ProtocolError('BODY', `RegisterBrokerBody: '${line.slice(0, 80)}' is no topic`)
  }
  return {
    topicName,
    readQueueNums: numbers[0]!,
    writeQueueNums: numbers[1]!,
    perm: numbers[2]!,
    topicFilterType: filter === 'MULTI_TAG' ? 'MULTI_TAG' : 'SINGLE_TAG',
    topicSysFlag: 0,
    order: false,
  }
}

function encodeParts(body: RegisterBrokerBody): Buffer {
  const { dataVersion, topicConfigTable } = body.topicConfigSerializeWrapper
  const count = Buffer.alloc(4)
  count.writeInt32BE(topicConfigTable.size)
  const topics = [...topicConfigTable.values()].map((topic) =>
    part(`${topic.topicName} ${topic.readQueueNums} ${topic.writeQueueNums} ${topic.perm} ${topic.topicFilterType}`),
  )
  return Buffer.concat([part(writeFastjson(dataVersion)), count, ...topics, part(writeFastjson(body.filterServerList))])
}

function part(content: string): Buffer {
  const bytes = Buffer.from(content)
  const size = Buffer.alloc(4)
  size.writeInt32BE(bytes.length)
  return Buffer.concat([size, bytes])
}

const cutOff = () => new ProtocolError('BODY', 'RegisterBrokerBody: the compressed body is cut off')
