import { expect, test } from 'vitest'
import { storeConfigTable } from '../src/store-config.js'

const problems = (...entries: [string, string][]) => storeConfigTable.read(entries).problems

test("RocketMQ's sample values are taken without a word", () => {
  const sample: [string, string][] = [
    ['brokerRole', 'ASYNC_MASTER'],
    ['flushDiskType', 'ASYNC_FLUSH'],
    ['deleteWhen', '04;16'],
    ['fileReservedTime', '48'],
  ]
  const { config, problems } = storeConfigTable.read(sample)
  expect(problems).toEqual([])
  expect(config).toMatchObject({ flushDiskType: 'ASYNC_FLUSH', deleteWhen: '04;16', fileReservedTime: 48 })
})

test('acknowledged means kept, by default', () => {
  expect(storeConfigTable.defaults().flushDiskType).toBe('SYNC_FLUSH')
})

test('wrong, unknown and not implemented keys are told by name', () => {
  expect(problems(['brokerRole', 'SLAVE'])[0]).toMatchObject({
    kind: 'value',
    message: expect.stringContaining('not implemented yet'),
  })
  expect(problems(['deleteWhen', '25'])[0]).toMatchObject({
    kind: 'value',
    message: expect.stringContaining('hours from 00 to 23'),
  })
  expect(problems(['messageDelayLevel', '1s 5x'])[0]).toMatchObject({ kind: 'value' })
  expect(problems(['mapedFileSizeCommitLog', '1'])[0]).toMatchObject({
    kind: 'unknown',
    message: expect.stringContaining('mappedFileSizeCommitLog'),
  })
  expect(problems(['timerWheelEnable', 'true'])[0]).toMatchObject({ kind: 'planned' })
  expect(problems(['transientStorePoolEnable', 'true'])[0]).toMatchObject({ kind: 'java-only' })
})
