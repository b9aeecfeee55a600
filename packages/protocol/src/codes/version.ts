/** Protocol versions as they travel (`MQVersion.Version`, its ordinal). */
export const MQVersion = {
  V3_0_7_SNAPSHOT: 28,
  V3_0_11: 37,
  V3_1_8_SNAPSHOT: 62,
  V3_4_9: 121,
  V4_1_0_SNAPSHOT: 232,
  V4_7_1: 355,
  V4_9_3: 399,
  V4_9_4: 401,
  V5_0_0: 413,
  V5_3_3: 479,
} as const

/** The version MQ stamps on what it sends: it behaves as 4.7.1 does. */
export const ourVersion = MQVersion.V4_7_1
