import { expect, test } from 'vitest'
import { withNamespace, withoutNamespace } from '../../src/index.js'

test.each([
  ['Orders', 'T%Orders'],
  ['%RETRY%Billing', '%RETRY%T%Billing'],
  ['%DLQ%Billing', '%DLQ%T%Billing'],
])('%s is %s to brokers', (own, wrapped) => {
  expect(withNamespace('T', own)).toBe(wrapped)
  expect(withNamespace('T', wrapped)).toBe(wrapped)
  expect(withoutNamespace('T', wrapped)).toBe(own)
})

test.each(['TBW102', 'RMQ_SYS_TRACE_TOPIC', 'rmq_sys_x', 'CID_RMQ_SYS_TRANS'])('%s has no namespace', (name) => {
  expect(withNamespace('T', name)).toBe(name)
})

test('names of others stay as they are', () => {
  expect(withoutNamespace('T', 'Other%Orders')).toBe('Other%Orders')
  expect(withoutNamespace('T', '%RETRY%Tall%Billing')).toBe('%RETRY%Tall%Billing')
  expect(withNamespace('T', 'Tall%Orders')).toBe('T%Tall%Orders')
})

test('without a namespace nothing changes', () => {
  expect(withNamespace(undefined, 'Orders')).toBe('Orders')
  expect(withNamespace('', 'Orders')).toBe('Orders')
  expect(withoutNamespace(undefined, 'T%Orders')).toBe('T%Orders')
})
