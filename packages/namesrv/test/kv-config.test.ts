import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { IoError, silentLogger } from '@mq/io'
import { simulate } from '@mq/io/sim'
import { KvConfig } from '../src/kv-config.js'

const path = '/data/namesrv/kvConfig.json'

function open(content?: string) {
  const { disk } = simulate({ seed: 1 }).host('namesrv').io
  if (content !== undefined) {
    disk.makeDirectory('/data/namesrv')
    disk.replaceWhole(path, Buffer.from(content))
  }
  const kv = new KvConfig(disk, path, silentLogger)
  return { disk, kv, text: () => Buffer.from(disk.readWhole(path) ?? []).toString() }
}

describe('KvConfig', () => {
  it("reads and writes Apache's file, byte for byte", () => {
    const golden = readFileSync(new URL('./golden/kvConfig.bytes', import.meta.url), 'utf8')
    const { kv, text } = open(golden)
    kv.load()
    expect(kv.get('ORDER_TOPIC_CONFIG', 'TopicMq')).toBe('broker-a:4')
    expect(kv.list('NS_ADMIN')).toEqual(new Map())
    kv.put('NS_ADMIN', 'k', 'v')
    expect(text()).toBe(golden.replace('"NS_ADMIN":{}', '"NS_ADMIN":{"k":"v"}'))
    kv.delete('NS_ADMIN', 'k')
    expect(text()).toBe(golden)
  })

  it('starts empty, and writes nothing before there is something', () => {
    const { kv, disk } = open()
    kv.load()
    kv.delete('N', 'k')
    expect([kv.size, disk.exists(path)]).toEqual([0, false])
  })

  it('changes nothing when the file cannot be written', () => {
    const { kv, disk } = open()
    kv.put('N', 'k', 'before')
    disk.replaceWhole = () => {
      throw new IoError('NO_SPACE', 'no space')
    }
    expect(() => kv.put('N', 'k', 'after')).toThrow('no space')
    expect(() => kv.delete('N', 'k')).toThrow('no space')
    expect(kv.get('N', 'k')).toBe('before')
  })

  it.each(['[]', 'null', '1', '{"configTable":[]}', '{"configTable":{"N":1}}', '{"configTable":{"N":null}}', '{'])(
    'refuses %s and leaves it there',
    (content) => {
      const { kv, text } = open(content)
      expect(() => kv.load()).toThrow(/cannot be read: .*; correct it or move it away$/)
      expect(text()).toBe(content)
    },
  )
})
