import { expect, test } from 'vitest'
import { bloomFilterData, bloomGeometry } from '../../src/filter/bloom-filter-data.js'

test.each([
  ['CG_SQL', 'TopicStore', [76, 89, 0]],
  ['g', 't', [22, 87, 58]],
  ['GroupOfOrders', 'abcdefgh01234', [100, 105, 1]],
  ['0123456789', 'abcde', [17, 48, 64]],
  ['0123456789', 'abcdef', [24, 77, 93]],
  ['please_rename_unique_group_name', 'TopicTestWithAVeryLongNameThatFillsMoreThanTwoBlocks', [33, 96, 47]],
  ['%RETRY%g', '%RETRY%g', [24, 0, 88]],
])("bits of %s and %s are those of Apache's BloomFilter", (group, topic, bitPos) => {
  expect(bloomFilterData(group, topic, bloomGeometry(20, 32))).toEqual({ bitNum: 112, bitPos })
})

/** What `BloomFilter.createByFn` of 4.7.1 makes of them. */
test.each([
  [1, 1, 16, [12, 9, 0, 5, 4, 1, 8]],
  [10, 128, 616, [412, 537, 56, 277]],
  [50, 7, 16, [12]],
  [99, 1_000_000, 20_920, [15_596]],
  [3, 500, 3656, [964, 3529, 152, 685, 2996, 1497]],
  [25, 64, 192, [92, 137]],
  [12, 20, 96, [92, 41, 80, 53]],
])('for %i %% of false hits and %i groups there are as many as at Apache', (errorPercent, groups, bitNum, bitPos) => {
  expect(bloomFilterData('CG_SQL', 'TopicStore', bloomGeometry(errorPercent, groups))).toEqual({ bitNum, bitPos })
})
