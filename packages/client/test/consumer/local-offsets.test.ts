import { simulate } from '@mq/io/sim'
import { beforeEach, describe, expect, test } from 'vitest'
import { LocalOffsets } from '../../src/consumer/local-offsets.js'
import { recordingLogger } from '../support/fake-cluster.js'

const directory = '/home/app/.rocketmq_offsets/10.0.0.1@DEFAULT/CG'
const path = `${directory}/offsets.json`
const queue = { topic: 'Orders', brokerName: 'broker-a', queueId: 0 }
/** As 4.7.1 writes it. */
const javaText = (offset: number) =>
  `{\n\t"offsetTable":{{\n\t\t\t"brokerName":"broker-a",\n\t\t\t"queueId":0,\n\t\t\t"topic":"Orders"\n\t\t}:${offset}\n\t}\n}`

describe('offsets of a broadcasting consumer', () => {
  let disk: ReturnType<ReturnType<typeof simulate>['host']>['io']['disk']
  let logger: ReturnType<typeof recordingLogger>
  const opened = () => new LocalOffsets(disk, '/home/app', '10.0.0.1@DEFAULT', 'CG', logger)
  const write = (to: string, text: string) => disk.replaceWhole(to, Buffer.from(text))
  const textOf = (of: string) => Buffer.from(disk.readWhole(of) ?? []).toString()

  beforeEach(() => {
    disk = simulate({ seed: 1 }).host('client').io.disk
    disk.makeDirectory(directory)
    logger = recordingLogger()
  })

  test('are read as Java writes them', async () => {
    write(path, javaText(7))
    expect(await opened().load(queue)).toBe(7)
    expect(await opened().load({ ...queue, queueId: 1 })).toBeUndefined()
  })

  test.each(['{"offsetTable":{}}', '{}'])('%s holds none', async (text) => {
    write(path, text)
    expect(await opened().load(queue)).toBeUndefined()
    expect(logger.lines).toEqual([])
  })

  test('of the commit before are kept beside them', async () => {
    const offsets = opened()
    await offsets.commit([{ queue, offset: 1 }])
    expect(disk.readWhole(`${path}.bak`)).toBeUndefined()
    const first = textOf(path)
    await offsets.commit([{ queue, offset: 2 }])
    expect(textOf(`${path}.bak`)).toBe(first)
    const second = textOf(path)
    await opened().commit([{ queue, offset: 3 }])
    expect(textOf(`${path}.bak`)).toBe(second)
  })

  test.each([
    ['torn', javaText(7).slice(0, 40)],
    ['zeros', '\0'.repeat(64)],
    ['no object', 'null'],
    ['of another form', '{"offsetTable":[1]}'],
    ['without numbers', javaText(7).replace(':7', ':"x"')],
  ])('are those of the backup when the file is %s', async (_what, text) => {
    write(path, text)
    write(`${path}.bak`, javaText(5))
    const offsets = opened()
    expect(await offsets.load(queue)).toBe(5)
    expect(logger.lines).toEqual([expect.stringContaining(`${path}.bak`)])
    // The good one is not replaced by the broken one.
    await offsets.commit([{ queue, offset: 6 }])
    expect(textOf(`${path}.bak`)).toBe(javaText(5))
    expect(await opened().load(queue)).toBe(6)
  })

  test('are those of the backup when the file is gone or empty, and none when there is none', async () => {
    expect(await opened().load(queue)).toBeUndefined()
    write(`${path}.bak`, javaText(5))
    expect(await opened().load(queue)).toBe(5)
    write(path, '')
    expect(await opened().load(queue)).toBe(5)
  })

  test('begin anew when the file is broken and there is no backup', async () => {
    write(path, '{"offset')
    expect(await opened().load(queue)).toBeUndefined()
    expect(logger.lines).toHaveLength(1)
  })

  test('are an error that names the files when both are broken', async () => {
    write(path, '{"offset')
    write(`${path}.bak`, '{"offset')
    const problem = { code: 'OPTION_INVALID', message: expect.stringContaining(`${path}.bak`) }
    await expect(opened().load(queue)).rejects.toMatchObject(problem)
    await expect(opened().commit([{ queue, offset: 1 }])).rejects.toMatchObject(problem)
  })
})
