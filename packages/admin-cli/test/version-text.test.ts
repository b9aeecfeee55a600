import { MQVersion } from '@mq/protocol'
import { expect, test } from 'vitest'
import { versionText } from '../src/version-text.js'

test.each(Object.entries(MQVersion).filter(([, version]) => version >= 46))('%s is %i', (name, version) => {
  expect(versionText(version)).toBe(name)
})
