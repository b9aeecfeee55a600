import { expect, test } from 'vitest'
import { bloomFilterData } from '../../src/filter/bloom-filter-data.js'

test.each([
  ['CG_SQL', 'TopicStore', [76, 89, 0]],
  ['g', 't', [22, 87, 58]],
  ['GroupOfOrders', 'abcdefgh01234', [100, 105, 1]],
  ['0123456789', 'abcde', [17, 48, 64]],
  ['0123456789', 'abcdef', [24, 77, 93]],
  ['please_rename_unique_group_name', 'TopicTestWithAVeryLongNameThatFillsMoreThanTwoBlocks', [33, 96, 47]],
  ['%RETRY%g', '%RETRY%g', [24, 0, 88]],
])("bits of %s and %s are those of Apache's BloomFilter", (group, topic, bitPos) => {
  expect(bloomFilterData(group, topic)).toEqual({ bitNum: 112, bitPos })
})
