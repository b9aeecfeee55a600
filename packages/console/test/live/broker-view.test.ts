import { describe, expect, it } from 'vitest'
import { acknowledgementOf } from '../../src/live/acknowledgement.js'
import { brokerView } from '../../src/live/broker-view.js'

const place = { cluster: 'c', brokerName: 'b', brokerId: 1, address: '10.0.0.2:10911' }

describe('brokerView', () => {
  it('takes missing and unreadable figures for unknown, not for 0', () => {
    const view = brokerView(place, { putTps: 'NaN', commitLogMaxOffset: '10', commitLogDiskRatio: '-1' }, null)
    expect(view).toMatchObject({ role: 'slave', version: null, inRate: null, diskBytes: null, diskRatio: null })
  })

  it('reads the name 5.x gives a rate', () => {
    expect(brokerView(place, { getTransferredTps: '7.5 1 1' }, null).outRate).toBe(7.5)
  })
})

describe('acknowledgementOf', () => {
  it.each([
    ['SYNC_FLUSH', 'ASYNC_MASTER', /they survive a power loss$/],
    ['ASYNC_FLUSH', 'ASYNC_MASTER', /not a power loss$/],
    ['SYNC_FLUSH', 'SYNC_MASTER', /copied to a slave$/],
  ])('%s, %s', (flushDiskType, brokerRole, meaning) => {
    const config = new Map(Object.entries({ flushDiskType, brokerRole }))
    expect(acknowledgementOf(config)?.meaning).toMatch(meaning)
  })

  it('is unknown for a config that does not say', () => {
    expect(acknowledgementOf(new Map())).toBeNull()
    expect(acknowledgementOf(new Map([['flushDiskType', '?']]))).toBeNull()
  })
})
